"""Head C in float64: what its graph must compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.heads.contract_reference import contract_outputs
from model_export.heads.linear import faded, user_of

__all__ = ["LinearParameters", "linear_reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearParameters:
    """Everything the graph of head C holds: D dimensions, S segments."""

    decay_days: float
    """τ > 0."""
    floor: float
    """In [0, 1]: what remains of a viewing however old it is."""
    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    temperature: float
    """T > 0 of the softmax over segments."""
    space_id: str
    model_version: str


def linear_reference(
    parameters: LinearParameters, inputs: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.float64]]:
    """Compute the outputs of tensor contract 1 in float64.

    Args:
        parameters: of the model.
        inputs: by the contract's names; any dtype, L, N and K may be 0.

    Returns:
        ``user_embedding`` [D], ``scores`` [N], ``segment_probabilities`` [S] and
        ``contributions`` [K, L].

    """
    values = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    weights = faded(parameters, values["history_weights"], values["history_age_days"])
    user, parts = user_of(values["history_embeddings"], weights)
    contributions = values["explain_embeddings"] @ parts.T
    return contract_outputs(parameters, values, user, contributions=contributions)
