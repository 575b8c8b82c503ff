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


def largest(contributions: NDArray[np.float64], *, named: int | None) -> NDArray[np.intp]:
    """Return [K, n] the indices of the largest |parts| of each score, descending; ties in order.

    Args:
        contributions: [K, U].
        named: n where there are so many parts; ``None``: all.

    """
    sizes = np.abs(contributions)
    scores, parts = sizes.shape
    count = parts if named is None else min(named, parts)
    least = 0.0 if named is None else reached_by(sizes, count=named)
    rows, places = np.nonzero(sizes >= least)  # all ties, until their index decides
    order = np.lexsort((places, -sizes[rows, places], rows))
    first = np.searchsorted(rows, np.arange(scores))
    found: NDArray[np.intp] = places[order[first[:, np.newaxis] + np.arange(count)]]
    return found


def reasons_of(
    titles: Sequence[Title],
    watched: NDArray[np.intp],
    contributions: NDArray[np.float64],
    *,
    named: int | None,
    nameless: Sequence[Sequence[tuple[Kind, float]]],
) -> list[tuple[Reason, ...]]:
    """Return the parts of each score, largest |contribution| first, ties by entity_id.

    The parts are reported as computed: the rounding error between their sum and the score is not
    added to one of them.

    Args:
        titles: of the catalogue.
        watched: [U] columns of the titles watched, each once.
        contributions: [K, U] their contributions, in units of the score.
        named: how many of them are named; the others form one part "rest". ``None``: all.
        nameless: of each score, parts without a watched title: the title's own, and the joint part
            of the viewings in a model whose parts do not add up to the score.

    """
    shown = largest(contributions, named=named)
    has_rest = shown.shape[1] < len(watched)
    parts_of = np.take_along_axis(contributions, shown, axis=1).tolist()
    rows = zip(
        watched[shown].tolist(),
        parts_of,
        contributions.sum(axis=1).tolist(),
        nameless,
        strict=True,
    )
    return [
        _ordered(
            [titles[column] for column in columns],
            parts,
            [*others, ("rest", whole - fsum(parts))] if has_rest else others,
        )
        for columns, parts, whole, others in rows
    ]


def _ordered(
    named: Sequence[Title], parts: Sequence[float], others: Sequence[tuple[Kind, float]]
) -> tuple[Reason, ...]:
    """Return the reasons of one score: a part of each named title, and the others."""
    total = fsum(map(abs, parts)) + fsum(abs(part) for _, part in others) or 1.0
    reasons = [
        Reason(
            kind="watched",
            entity_id=title.entity_id,
            title=title.title,
            contribution=part,
            share_fraction=abs(part) / total,
        )
        for title, part in zip(named, parts, strict=True)
    ]
    reasons += [
        Reason(kind=kind, contribution=part, share_fraction=abs(part) / total)
        for kind, part in others
    ]
    reasons.sort(key=lambda reason: (-abs(reason.contribution), reason.entity_id or ""))
    return tuple(reasons)
