"""Reasons: the parts that add up to a title's score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import fsum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Reason, Title
from edgeagent.ranking.order import reached_by

__all__ = [
    "NAMED_IN_RANKING",
    "NEW_YEARS",
    "Kind",
    "bias_kind",
    "largest",
    "merge_repeats",
    "reasons_of",
]

NAMED_IN_RANKING = 6
"""Viewings that a ranked pick names; all 500 for each of ten picks would be a megabyte."""
NEW_YEARS = 1
"""A title counts as new in the year the catalogue was issued and the year before."""


Kind = Literal["rest", "new", "popular", "together"]


def bias_kind(title: Title, *, issued_at: int) -> Literal["new", "popular"]:
    """Return the name of the part that a title scores without any history.

    Args:
        title: the title.
        issued_at: when the catalogue was issued, seconds UTC, so that "new" is the same on every
            box.

    """
    issued_year = datetime.fromtimestamp(issued_at, UTC).year
    return "new" if title.year is not None and title.year >= issued_year - NEW_YEARS else "popular"


def merge_repeats(
    columns: NDArray[np.intp], contributions: NDArray[np.float32], *, ids: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Merge the viewings of each title into one part.

    Args:
        columns: [L] the title of each row of the window.
        contributions: [K, L] the contribution of each row to each of K scores.
        ids: [N] the rank of each title when sorted by entity_id.

    Returns:
        [U] the titles, each once, by entity_id; [K, U] their contributions.

    """
    order = np.argsort(ids[columns], kind="stable")
    sorted_columns = columns[order]
    if not len(sorted_columns):
        return sorted_columns, np.zeros((len(contributions), 0))
    in_order = contributions.take(order, axis=1)
    starts = np.flatnonzero(np.diff(sorted_columns, prepend=-1))
    if len(starts) == len(order):  # each title once
        return sorted_columns, in_order.astype(np.float64)
    merged = np.add.reduceat(in_order, starts, axis=1, dtype=np.float64)
    return sorted_columns[starts], merged


def largest(contributions: NDArray[np.float64], *, named: int | None) -> list[NDArray[np.intp]]:
    """Return for each of K scores the indices of its largest |parts|, descending; ties in order.

    Args:
        contributions: [K, U].
        named: the maximum number; ``None``: all.

    """
    sizes = np.abs(contributions)
    least = 0.0 if named is None else reached_by(sizes, count=named)
    rows, places = np.nonzero(sizes >= least)  # all ties, until their index decides
    order = np.lexsort((places, -sizes[rows, places], rows))
    ends = np.cumsum(np.bincount(rows, minlength=len(sizes))).tolist()
    starts = [0, *ends][: len(ends)]
    falling = places[order]
    return [falling[start:end][:named] for start, end in zip(starts, ends, strict=True)]


def reasons_of(
    titles: Sequence[Title],
    watched: NDArray[np.intp],
    contributions: NDArray[np.float64],
    *,
    shown: NDArray[np.intp],
    nameless: Sequence[tuple[Kind, float]],
) -> tuple[Reason, ...]:
    """Return the parts of one score, largest |contribution| first, ties by entity_id.

    The parts are reported as computed: the rounding error between their sum and the score is not
    added to one of them.

    Args:
        titles: of the catalogue.
        watched: [U] columns of the titles watched, each once.
        contributions: [U] their contributions, in units of the score.
        shown: indices of the named ones, from :func:`largest`; the others form one part "rest".
        nameless: parts without a watched title: the title's own, and the joint part of the viewings
            in a model whose parts do not add up to the score.

    """
    parts = contributions[shown].tolist()
    others = list(nameless)
    if len(shown) < len(contributions):
        others.append(("rest", float(contributions.sum()) - fsum(parts)))
    total = fsum(map(abs, parts)) + fsum(abs(part) for _, part in others) or 1.0
    reasons = [
        Reason(
            kind="watched",
            entity_id=titles[column].entity_id,
            title=titles[column].title,
            contribution=part,
            share_fraction=abs(part) / total,
        )
        for column, part in zip(watched[shown].tolist(), parts, strict=True)
    ]
    reasons += [
        Reason(kind=kind, contribution=part, share_fraction=abs(part) / total)
        for kind, part in others
    ]
    reasons.sort(key=lambda reason: (-abs(reason.contribution), reason.entity_id or ""))
    return tuple(reasons)
