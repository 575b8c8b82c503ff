"""Why a title scores what it scores: parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import fsum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Reason, Title

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
"""Viewings that a ranked pick names; 500 for each of ten picks would be a megabyte nobody reads."""
NEW_YEARS = 1
"""A title is new in the year the catalogue was issued and the year before."""


Kind = Literal["rest", "new", "popular", "together"]


def bias_kind(title: Title, *, issued_at: int) -> Literal["new", "popular"]:
    """Return what a title scores before anyone has watched anything is called.

    Args:
        title: the title.
        issued_at: when the catalogue was issued, seconds UTC; "new" does not depend on the box.

    """
    issued_year = datetime.fromtimestamp(issued_at, UTC).year
    return "new" if title.year is not None and title.year >= issued_year - NEW_YEARS else "popular"


def merge_repeats(
    columns: NDArray[np.intp], contributions: NDArray[np.float32], *, ids: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Make the viewings of one title one part.

    Args:
        columns: [L] the title each row of the window stands for.
        contributions: [K, L] what each row contributes to each of K scores.
        ids: [N] the place of each title when sorted by entity_id.

    Returns:
        [U] the titles, each once, by entity_id; [K, U] what each contributes.

    """
    order = np.argsort(ids[columns], kind="stable")
    sorted_columns = columns[order]
    if not len(sorted_columns):
        return sorted_columns, np.zeros((len(contributions), 0))
    first = np.concatenate(([True], sorted_columns[1:] != sorted_columns[:-1]))
    starts = np.flatnonzero(first)
    merged = np.add.reduceat(contributions[:, order], starts, axis=1, dtype=np.float64)
    return sorted_columns[starts], merged


def largest(contributions: NDArray[np.float64], *, named: int | None) -> list[NDArray[np.intp]]:
    """Return for each of K scores where its largest |parts| stand, falling; equal ones as they are.

    Args:
        contributions: [K, U].
        named: how many; None: all.

    """
    sizes = np.abs(contributions)
    left_out = 0 if named is None else max(sizes.shape[1] - named, 0)
    least = np.partition(sizes, left_out, axis=1)[:, left_out, np.newaxis] if left_out else 0.0
    rows, places = np.nonzero(sizes >= least)  # all equals, until their place decides
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
    """Return the parts of one score, largest |contribution| first, equal ones by entity_id.

    The parts are reported as computed: what rounding leaves between their sum and the score is not
    hidden in one of them.

    Args:
        titles: of the catalogue.
        watched: [U] columns of the titles watched, each once.
        contributions: [U] what each contributes, in units of the score.
        shown: which of them are named, from :func:`largest`; the others are one part "rest".
        nameless: parts that no single title causes: the title's own, and what viewings do
            together in a model whose parts do not add up by themselves.

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
