"""What every head does for training and judging: a history becomes a user, a user scores titles."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.window import rows_of
from model_export.evaluation.ranking import PersonHistory, Scorer

__all__ = ["Encoder", "encoded", "history_scorer"]


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


def encoded(encoder: Encoder, history: PersonHistory) -> NDArray[np.float64]:
    """Return u [D] for what the box would give its model of a history."""
    kept, age_days = rows_of(history.completion, history.watched_on, now=history.now)
    return encoder.user(history.items[kept], history.completion[kept], age_days)


def history_scorer(
    encoder: Encoder, embeddings: NDArray[np.floating], bias: NDArray[np.floating]
) -> Scorer:
    """Return a head over embeddings [N, D] and bias [N] as a scorer: what the box computes."""
    exact = np.asarray(embeddings, dtype=np.float64)  # once, not for every person

    def score(history: PersonHistory) -> NDArray[np.floating]:
        return np.asarray(exact @ encoded(encoder, history) + bias)

    return score
