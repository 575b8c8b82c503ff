"""Head D in float64: what its graph must compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.heads.blend import SHORTEST
from model_export.heads.contract_reference import contract_outputs
from model_export.heads.linear import faded, user_of
from model_export.heads.timescales import TimescalesWeights
from model_export.heads.timescales_reference import moved_by_viewings

__all__ = ["BlendParameters", "blend_reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendParameters:
    """Everything the graph of head D holds: D = D_B + D_C dimensions, S segments."""

    weights: TimescalesWeights
    """Of D_B dimensions."""
    decay_days: float
    """τ > 0 of head C."""
    floor: float
    """In [0, 1], of head C."""
    gate: float
    """γ > 0."""
    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    temperature: float
    """T > 0 of the softmax over segments."""
    space_id: str
    model_version: str


def blend_reference(
    parameters: BlendParameters, inputs: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.float64]]:
    """Compute the outputs of tensor contract 1 in float64.

    ``contributions`` [K, L] are those of both heads, added; what head B has "together" is missing.

    Args:
        parameters: of the model.
        inputs: by the contract's names; rows of the history oldest first; L, N and K may be 0.

    """
    values = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    first = parameters.weights.skip.shape[1]
    history, ages = values["history_embeddings"], values["history_age_days"]
    completion = values["history_weights"]
    user, moved = moved_by_viewings(parameters.weights, history[:, :first], completion, ages)
    linear, parts = user_of(history[:, first:], faded(parameters, completion, ages))
    share = parameters.gate / max(float(np.linalg.norm(linear)), SHORTEST)
    contributions = values["explain_embeddings"] @ np.column_stack([moved, share * parts]).T
    both = np.concatenate([user, share * linear])
    return contract_outputs(parameters, values, both, contributions=contributions)
