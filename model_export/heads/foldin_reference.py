"""Head A in float64: what the graph must compute, solved directly.

The user is the ridge regression of Hu, Koren and Volinsky 2008 ("Collaborative filtering for
implicit feedback datasets", eq. 4) in the form of Rendle et al. 2022 ("Revisiting the performance
of iALS on item recommendation benchmarks", eq. 5), with a weight for each viewing::

    w = α · completion · max(exp(−age / τ), floor)
    u = (G + Σ w y yᵀ + λ I)⁻¹ Σ w y          G = YᵀY over the trained titles

A viewing of weight 0 moves nothing. (The library that trains has 1 + w in the sum on the right; for
equal weights that only scales u, and α and λ are chosen for the form above.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.heads.contract_reference import contract_outputs

__all__ = ["FoldinParameters", "foldin_reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldinParameters:
    """Everything the graph of head A holds: D dimensions, S segments."""

    gram: NDArray[np.float64]
    """[D, D] G = YᵀY over the trained titles, as dequantised."""
    regularization: float
    """λ > 0."""
    alpha: float
    """α > 0: what one complete, fresh viewing weighs."""
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


def foldin_reference(
    parameters: FoldinParameters, inputs: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.float64]]:
    """Compute the outputs of tensor contract 1 in float64 by a direct solve.

    Args:
        parameters: of the model.
        inputs: by the contract's names; any dtype, L, N and K may be 0.

    Returns:
        ``user_embedding`` [D], ``scores`` [N], ``segment_probabilities`` [S] and
        ``contributions`` [K, L].

    """
    values = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    history = values["history_embeddings"]
    fading = np.exp(-values["history_age_days"] / parameters.decay_days)
    weights = parameters.alpha * values["history_weights"] * np.maximum(fading, parameters.floor)
    weighted = history * weights[:, np.newaxis]
    ridge = parameters.regularization * np.eye(len(parameters.gram))
    system = parameters.gram + weighted.T @ history + ridge
    user = np.linalg.solve(system, weighted.sum(axis=0))
    solved = np.linalg.solve(system, values["explain_embeddings"].T)
    return contract_outputs(parameters, values, user, contributions=solved.T @ weighted.T)
