"""The history window: the one way from viewings to tensors, for the box and for training.

Rules, in this order:

1. Titles that are left out (hidden, forgotten, not a reason) and titles the catalogue does not hold
   leave the input, and so do viewings of which nothing was watched: they weigh nothing.
2. Of the rest the last ``MAX_HISTORY`` stay.
3. A title watched again is two rows: each carries its own age, and in the fold-in two rows of
   weight w are one row of weight 2 w, which is what counting did in training
   (Hu, Koren, Volinsky 2008, "Collaborative filtering for implicit feedback datasets", eq. 1-3).
4. A viewing from the future (the clock was set back) is of age 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import Viewing

__all__ = [
    "MAX_HISTORY",
    "TYPICAL_RUN_MINUTES",
    "UNKNOWN_COMPLETION_FRACTION",
    "Window",
    "completion",
    "history_window",
    "session_window",
    "window_of_columns",
]

MAX_HISTORY = 500
"""Longest input of the model; the golden vectors go this far."""
UNKNOWN_COMPLETION_FRACTION = 0.5
"""An app that reports a viewing without progress: somebody watched, how far is not known."""
TYPICAL_RUN_MINUTES = 90
"""Stands in for a run time the catalogue does not give: longer than an episode, so that seconds
alone never make a viewing look complete too early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """L viewings in order of time, as tensor contract 1 takes them."""

    columns: NDArray[np.intp]
    """[L] column of the catalogue each row stands for."""
    history_embeddings: NDArray[np.float32]
    """[L, D]."""
    history_weights: NDArray[np.float32]
    """[L] completion, in (0, 1]."""
    history_age_days: NDArray[np.float32]
    """[L] ≥ 0."""

    def __len__(self) -> int:
        """Return L."""
        return len(self.columns)


def completion(
    *,
    completed: bool,
    progress_fraction: float | None,
    progress_seconds: int | None,
    run_minutes: int | None,
) -> float:
    """Return how much of a title was watched, as a fraction 0-1.

    "Completed" is believed before any number; a fraction before seconds.
    """
    if completed:
        return 1.0
    if progress_fraction is not None:
        return min(max(progress_fraction, 0.0), 1.0)
    if progress_seconds is not None:
        return min(progress_seconds / (60 * (run_minutes or TYPICAL_RUN_MINUTES)), 1.0)
    return UNKNOWN_COMPLETION_FRACTION


def history_window(
    viewings: Sequence[Viewing],
    catalogue: CatalogueView,
    *,
    now: int,
    left_out: Collection[str] = frozenset(),
) -> Window:
    """Turn viewings, in any order, into the input of the model.

    Args:
        viewings: of one profile.
        catalogue: the titles with D dimensions; others leave the input.
        now: seconds UTC; ages are measured from here.
        left_out: entity ids that may not carry weight.

    Returns:
        At most ``MAX_HISTORY`` rows; none if nothing is known.

    """
    columns, weights, watched_on = [], [], []
    for viewing in viewings:
        column = catalogue.index.get(viewing.entity_id)
        if column is None or viewing.entity_id in left_out:
            continue
        columns.append(column)
        watched_on.append(viewing.watched_on)
        weights.append(
            completion(
                completed=viewing.completed,
                progress_fraction=viewing.progress_fraction,
                progress_seconds=viewing.progress_seconds,
                run_minutes=catalogue.titles[column].run_minutes,
            )
        )
    return window_of_columns(
        np.array(columns, dtype=np.intp),
        np.array(weights, dtype=np.float32),
        np.array(watched_on, dtype=np.int64),
        catalogue=catalogue,
        now=now,
    )


def session_window(session: Sequence[Viewing], catalogue: CatalogueView) -> Window:
    """Turn one session into the input of the model, seen from the session's own end.

    Its segment then never depends on when it is asked for.
    """
    now = max((viewing.watched_on for viewing in session), default=0)
    return history_window(session, catalogue, now=now)


def window_of_columns(
    columns: NDArray[np.intp],
    weights: NDArray[np.float32],
    watched_on: NDArray[np.int64],
    *,
    catalogue: CatalogueView,
    now: int,
) -> Window:
    """Turn viewings that are arrays already into the input of the model.

    Args:
        columns: [E] columns of the catalogue.
        weights: [E] completion in [0, 1].
        watched_on: [E] seconds UTC.
        catalogue: where the embeddings come from.
        now: seconds UTC.

    """
    # Title and weight break ties of time, so that the order of the input never matters.
    order = np.lexsort((weights, columns, watched_on))
    kept = order[weights[order] > 0][-MAX_HISTORY:]
    age_seconds = np.maximum(now - watched_on[kept], 0)
    return Window(
        columns=columns[kept],
        history_embeddings=catalogue.embeddings(columns[kept]),
        history_weights=weights[kept],
        history_age_days=(age_seconds / DAY_SECONDS).astype(np.float32),
    )
