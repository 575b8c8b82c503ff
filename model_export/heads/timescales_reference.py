"""Head B in float64: what its graph must compute, each viewing left out in earnest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.heads.contract_reference import contract_outputs
from model_export.heads.timescales import TimescalesWeights, user_of

__all__ = ["TimescalesParameters", "moved_by_viewings", "timescales_reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimescalesParameters:
    """Everything the graph of head B holds: D dimensions, S segments."""

    weights: TimescalesWeights
    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    temperature: float
    """T > 0 of the softmax over segments."""
    space_id: str
    model_version: str


def timescales_reference(
    parameters: TimescalesParameters, inputs: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.float64]]:
    """Compute the outputs of tensor contract 1 in float64.

    ``contributions`` [K, L] are leave-one-out influences: how much less title c would score had
    viewing i not been. They do not add up to the score; what is missing is a part of its own,
    "together", which the box tells.

    Args:
        parameters: of the model.
        inputs: by the contract's names; rows of the history oldest first; L, N and K may be 0.

    """
    values = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    full, moved = moved_by_viewings(
        parameters.weights,
        values["history_embeddings"],
        values["history_weights"],
        values["history_age_days"],
    )
    contributions = values["explain_embeddings"] @ moved.T
    return contract_outputs(parameters, values, full, contributions=contributions)


def moved_by_viewings(
    weights: TimescalesWeights,
    history: NDArray[np.float64],
    completion: NDArray[np.float64],
    ages: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return u [D], and how far each viewing moved it [L, D]."""

    def user(kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        return user_of(weights, history[kept], completion[kept], ages[kept])

    everything = np.ones(len(history), dtype=np.bool_)
    full = user(everything)
    moved = np.zeros((len(history), len(full)))
    for row in np.flatnonzero(completion > 0):
        kept = everything.copy()
        kept[row] = False
        moved[row] = full - user(kept)
    return full, moved
