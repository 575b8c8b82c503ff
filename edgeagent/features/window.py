"""The history window: converts viewings to tensors, the same way on the box and in training.

Rules, in this order:

1. Titles that are left out (hidden, forgotten, not a reason), titles the catalogue does not
contain, and viewings of which nothing was watched are removed from the input. 2. Of the rest the
last ``MAX_HISTORY`` stay. 3. A title watched again is two rows: each carries its own age, and in
the fold-in two rows of weight w are one row of weight 2 w, which is what counting did in training
(Hu, Koren, Volinsky 2008, "Collaborative filtering for implicit feedback datasets", eq. 1-3). 4. A
viewing from the future (the clock was set back) is of age 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import MalformedMessage
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import PackedViewings, Viewing
from edgeagent.messages.fields import LAST_SECOND

__all__ = [
    "MAX_HISTORY",
    "UNKNOWN_COMPLETION_FRACTION",
    "Watched",
    "Window",
    "completion",
    "history_window",
    "is_latest",
    "padded",
    "rows_of",
    "session_window",
    "watched_of",
    "window_of",
]

MAX_HISTORY = 500
"""Longest input of the model; the golden vectors go this far."""
UNKNOWN_COMPLETION_FRACTION = 0.5
"""Used when an app reports a viewing without progress: it was watched, how far is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """E viewings of titles that the catalogue contains, in order of time."""

    columns: NDArray[np.intp]
    """[E] column of the catalogue."""
    completion: NDArray[np.float32]
    """[E] in [0, 1]."""
    watched_on: NDArray[np.int64]
    """[E] seconds UTC."""
    measured: NDArray[np.bool_]
    """[E] whether the app reported the progress; false: completion is assumed."""

    def __len__(self) -> int:
        """Return E."""
        return len(self.columns)

    def take(self, rows: NDArray[np.intp]) -> Watched:
        """Return these rows, in this order."""
        return Watched(
            columns=self.columns[rows],
            completion=self.completion[rows],
            watched_on=self.watched_on[rows],
            measured=self.measured[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """L viewings in order of time, in the form of tensor contract 1."""

    columns: NDArray[np.intp]
    """[L] the catalogue column of each row."""
    history_embeddings: NDArray[np.float32]
    """[L, D]."""
    history_weights: NDArray[np.float32]
    """[L] completion, in (0, 1]."""
    history_age_days: NDArray[np.float32]
    """[L] ≥ 0."""

    def __len__(self) -> int:
        """Return L."""
        return len(self.columns)


def is_latest(columns: NDArray[np.intp], *, titles: int) -> NDArray[np.bool_]:
    """Return [E] whether each row is the last of its title.

    Args:
        columns: [E] the title of each row.
        titles: N.

    """
    rows = np.arange(len(columns))
    last = np.empty(titles, dtype=np.intp)  # read only where it is written
    last[columns] = rows  # of several values for one element, numpy keeps the last
    latest: NDArray[np.bool_] = last[columns] == rows
    return latest


def completion(
    *,
    completed: NDArray[np.bool_],
    progress_fraction: NDArray[np.float64],
    progress_seconds: NDArray[np.float64],
    run_seconds: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return [E] how much of each title was watched, as a fraction 0-1.

    "Completed" takes precedence over any number, a fraction over seconds.

    Args:
        completed: [E].
        progress_fraction: [E], NaN where it is not known.
        progress_seconds: [E], NaN where they are not known.
        run_seconds: [E] > 0.

    """
    by_seconds = np.minimum(progress_seconds / run_seconds, 1.0)
    fraction = np.where(np.isnan(progress_fraction), by_seconds, progress_fraction)
    fraction = np.where(np.isnan(fraction), UNKNOWN_COMPLETION_FRACTION, fraction)
    return np.where(completed, 1.0, np.clip(fraction, 0.0, 1.0)).astype(np.float32)


def watched_of(
    viewings: PackedViewings,
    catalogue: CatalogueView,
    *,
    left_out: Collection[str] = frozenset(),
) -> Watched:
    """Convert viewings, in any order, to arrays; titles not in the catalogue are left out.

    Args:
        viewings: the viewings of one profile.
        catalogue: the titles with D dimensions.
        left_out: entity ids that may not carry weight.

    Raises:
        MalformedMessage: a number is out of range.

    """
    index = catalogue.index
    columns = np.fromiter(
        map(index.get, viewings.ids(), repeat(-1)), dtype=np.intp, count=len(viewings)
    )
    watched_on = np.frombuffer(viewings.watched_on, dtype="<i8")
    fraction = np.frombuffer(viewings.progress_fraction, dtype="<f8")
    seconds = np.frombuffer(viewings.progress_seconds, dtype="<f8")
    completed = np.frombuffer(viewings.completed, dtype=np.uint8)
    _require_ranges(watched_on, fraction, seconds, completed)
    kept = columns >= 0
    if left_out:
        kept &= ~np.isin(columns, [index[e] for e in left_out if e in index])
    order = np.flatnonzero(kept)[np.argsort(watched_on[kept], kind="stable")]
    columns, watched_on = columns[order], watched_on[order]
    fraction, seconds = fraction[order], seconds[order]
    is_completed = completed[order].astype(np.bool_)
    watched = Watched(
        columns=columns,
        completion=completion(
            completed=is_completed,
            progress_fraction=fraction,
            progress_seconds=seconds,
            run_seconds=catalogue.run_seconds[columns],
        ),
        watched_on=watched_on,
        measured=is_completed | ~(np.isnan(fraction) & np.isnan(seconds)),
    )
    if (watched_on[1:] == watched_on[:-1]).any():
        # Title and completion break ties of time, so that the order of the input does not matter.
        keys = (watched.measured, watched.completion, columns, watched_on)
        return watched.take(np.lexsort(keys))
    return watched


def _require_ranges(
    watched_on: NDArray[np.int64],
    fraction: NDArray[np.float64],
    seconds: NDArray[np.float64],
    completed: NDArray[np.uint8],
) -> None:
    """Raise unless all numbers are those of a :class:`~edgeagent.messages.Viewing`."""
    for name, column, most in (
        ("watched_on", watched_on, LAST_SECOND),
        ("progress_fraction", fraction, 1.0),
        ("progress_seconds", seconds, np.inf),
        ("completed", completed, 1),
    ):
        if ((column < 0) | (column > most)).any():  # NaN, not known, is neither
            raise MalformedMessage(
                f"viewings: a number of {name} is out of range",
                hint="correct that field and send it again",
            )


def history_window(
    viewings: Sequence[Viewing],
    catalogue: CatalogueView,
    *,
    now: int,
    left_out: Collection[str] = frozenset(),
) -> Window:
    """Convert viewings, in any order, to the input of the model.

    Args:
        viewings: the viewings of one profile.
        catalogue: the titles with D dimensions; other titles are left out.
        now: seconds UTC; ages are relative to it.
        left_out: entity ids that may not carry weight.

    Returns:
        At most ``MAX_HISTORY`` rows; none if nothing is known.

    """
    watched = watched_of(PackedViewings.of(viewings), catalogue, left_out=left_out)
    return window_of(watched, catalogue, now=now)


def session_window(session: Sequence[Viewing], catalogue: CatalogueView) -> Window:
    """Convert one session to the input of the model, with ages relative to its own end.

    So its segment does not depend on when it is computed.
    """
    now = max((viewing.watched_on for viewing in session), default=0)
    return history_window(session, catalogue, now=now)


def padded(window: Window) -> Window:
    """Return a window of ``MAX_HISTORY`` rows: rows of weight 0 precede the oldest.

    They do not change the result (tensor contract 1), and the model's work is the same for any
    window.
    """
    missing = MAX_HISTORY - len(window)
    return Window(
        columns=np.pad(window.columns, (missing, 0)),
        history_embeddings=np.pad(window.history_embeddings, ((missing, 0), (0, 0))),
        history_weights=np.pad(window.history_weights, (missing, 0)),
        history_age_days=np.pad(window.history_age_days, (missing, 0)),
    )


def window_of(watched: Watched, catalogue: CatalogueView, *, now: int) -> Window:
    """Convert viewings that are arrays already to the input of the model.

    Args:
        watched: E viewings.
        catalogue: provides the embeddings.
        now: seconds UTC.

    """
    kept, age_days = rows_of(watched.completion, watched.watched_on, now=now)
    columns = watched.columns[kept]
    return Window(
        columns=columns,
        history_embeddings=catalogue.embeddings(columns),
        history_weights=watched.completion[kept],
        history_age_days=age_days.astype(np.float32),
    )


def rows_of(
    completion: NDArray[np.floating], watched_on: NDArray[np.int64], *, now: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which of E viewings are rows of the input, and the age of each in days.

    Args:
        completion: [E] in [0, 1], in order of time.
        watched_on: [E] seconds UTC.
        now: seconds UTC.

    Returns:
        Indices [L] into the E viewings, and ages [L] ≥ 0.

    """
    kept = np.flatnonzero(completion > 0)[-MAX_HISTORY:]
    return kept, np.maximum(now - watched_on[kept], 0) / DAY_SECONDS
