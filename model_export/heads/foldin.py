"""The fold-in as training needs it: thousands of users against one set of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.evaluation.ranking import RankingQuality

__all__ = ["FoldinSettings", "FoldinSolver", "FoldinTuned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldinSettings:
    """What validation chooses; see :mod:`model_export.heads.foldin_reference` for the formula."""

    alpha: float
    regularization: float
    decay_days: float
    floor: float

    def weights(
        self, completion: NDArray[np.floating], age_days: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Return w [L] for completions and ages [L]."""
        fading = np.maximum(np.exp(-age_days / self.decay_days), self.floor)
        return np.asarray(self.alpha * completion * fading, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldinTuned:
    """The settings that validation chose."""

    fit_alpha: float
    """α the factors are fitted with."""
    fit_regularization: float
    """λ the factors are fitted with."""
    foldin: FoldinSettings
    validation: RankingQuality | None
    """Of these settings; ``None`` where the log is too small to hold anybody out."""


class FoldinSolver:
    """Solves for users by the smaller of two systems.

    With M = G + λI and P = Y M⁻¹ over the whole catalogue, the identity
    ``(M + YᵀWY)⁻¹ Yᵀw = Pᵀ (I + W Y Pᵀ)⁻¹ w`` (Woodbury) turns a D × D system into one of L × L,
    which for sessions of a few titles is hundreds of times less work.
    """

    def __init__(self, embeddings: NDArray[np.floating], settings: FoldinSettings) -> None:
        """Prepare for embeddings [I, D]."""
        self._embeddings = np.asarray(embeddings, dtype=np.float64)
        self._settings = settings
        self.gram = self._embeddings.T @ self._embeddings
        dimension = self._embeddings.shape[1]
        self._fixed = self.gram + settings.regularization * np.eye(dimension)
        self._prepared = np.linalg.solve(self._fixed, self._embeddings.T).T

    def user(
        self,
        items: NDArray[np.integer],
        completion: NDArray[np.floating],
        age_days: NDArray[np.floating],
    ) -> NDArray[np.float64]:
        """Return u [D] for a history of L viewings."""
        weights = self._settings.weights(completion, age_days)
        history = self._embeddings[items]
        if len(items) < history.shape[1]:
            prepared = self._prepared[items]
            inner = np.eye(len(items)) + weights[:, np.newaxis] * (history @ prepared.T)
            return np.asarray(prepared.T @ np.linalg.solve(inner, weights))
        weighted = history * weights[:, np.newaxis]
        return np.linalg.solve(self._fixed + weighted.T @ history, weighted.sum(axis=0))
