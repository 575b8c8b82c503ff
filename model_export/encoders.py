"""What every head does for training and judging: a history becomes a user, a user scores titles."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS
from edgeagent.features.window import MAX_HISTORY
from model_export.evaluate import PersonHistory, Scorer

__all__ = ["Encoder", "history_scorer"]


class Encoder(Protocol):
    """One head over one set of embeddings, in float64."""

    def user(
        self,
        items: NDArray[np.integer],
        completion: NDArray[np.floating],
        age_days: NDArray[np.floating],
    ) -> NDArray[np.float64]:
        """Return u [D] for a history of L viewings, oldest first."""
        ...


def history_scorer(
    encoder: Encoder, embeddings: NDArray[np.floating], bias: NDArray[np.floating]
) -> Scorer:
    """Return a head over embeddings [N, D] and bias [N] as a scorer: what the box computes."""
    exact = np.asarray(embeddings, dtype=np.float64)  # once, not for every person

    def score(history: PersonHistory) -> NDArray[np.floating]:
        recent = slice(-MAX_HISTORY, None)
        ages = (history.now - history.watched_on[recent]) / DAY_SECONDS
        user = encoder.user(history.items[recent], history.completion[recent], ages)
        return np.asarray(exact @ user + bias)

    return score
