"""Why a title scores what it scores: parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Reason, Title

__all__ = ["NAMED_IN_RANKING", "NEW_YEARS", "bias_kind", "merge_repeats", "reasons_of"]

NAMED_IN_RANKING = 12
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
    columns: NDArray[np.intp], contributions: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Make the viewings of one title one part.

    Args:
        columns: [L] the title each row of the window stands for.
        contributions: [K, L] what each row contributes to each of K scores.

    Returns:
        [U] the titles, each once, ascending; [K, U] what each contributes.

    """
    titles, place = np.unique(columns, return_inverse=True)
    merged = np.zeros((len(titles), len(contributions)))
    np.add.at(merged, place, contributions.T)
    return titles, merged.T


def reasons_of(
    watched: Sequence[Title],
    contributions: NDArray[np.float64],
    *,
    bias: float,
    bias_is: Literal["new", "popular"],
    together: float | None,
    named: int | None = None,
) -> tuple[Reason, ...]:
    """Return the parts of one score, largest |contribution| first, equal ones by entity_id.

    The parts are reported as computed: what rounding leaves between their sum and the score is not
    hidden in one of them.

    Args:
        watched: [U] titles, each once.
        contributions: [U] what each contributes, in units of the score.
        bias: the title's own part.
        bias_is: what that part is called.
        together: for a model whose parts do not add up by themselves, what they share.
        named: how many titles are named, the largest; the others are one part "rest". None: all.

    """
    ids = [title.entity_id for title in watched]
    order = sorted(range(len(ids)), key=lambda i: (-abs(contributions[i]), ids[i]))[:named]
    nameless: list[tuple[Kind, float]] = [(bias_is, bias)]
    if together is not None:
        nameless.append(("together", together))
    if len(order) < len(ids):
        nameless.append(("rest", float(np.delete(contributions, order).sum())))
    parts = contributions[order].tolist()
    total = sum(map(abs, parts)) + sum(abs(part) for _, part in nameless) or 1.0
    reasons = [
        Reason(
            kind="watched",
            entity_id=ids[index],
            title=watched[index].title,
            contribution=part,
            share_fraction=abs(part) / total,
        )
        for index, part in zip(order, parts, strict=True)
    ]
    reasons += [
        Reason(kind=kind, contribution=part, share_fraction=abs(part) / total)
        for kind, part in nameless
    ]
    return tuple(sorted(reasons, key=lambda r: (-abs(r.contribution), r.entity_id or "")))
