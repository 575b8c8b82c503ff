"""Why a title scores what it scores: parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Reason, Title
from edgeagent.ranking.order import leading

__all__ = ["NAMED_IN_RANKING", "NEW_YEARS", "Kind", "bias_kind", "merge_repeats", "reasons_of"]

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
    columns: NDArray[np.intp], contributions: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Make the viewings of one title one part.

    Args:
        columns: [L] the title each row of the window stands for.
        contributions: [K, L] what each row contributes to each of K scores.

    Returns:
        [U] the titles, each once, ascending; [K, U] what each contributes.

    """
    order = np.argsort(columns, kind="stable")
    titles, starts = np.unique(columns[order], return_index=True)
    if not len(titles):
        return titles, np.zeros((len(contributions), 0))
    return titles, np.add.reduceat(contributions[:, order].astype(np.float64), starts, axis=1)


def reasons_of(
    titles: Sequence[Title],
    watched: NDArray[np.intp],
    contributions: NDArray[np.float64],
    *,
    ids: NDArray[np.intp],
    nameless: Sequence[tuple[Kind, float]],
    named: int | None = None,
) -> tuple[Reason, ...]:
    """Return the parts of one score, largest |contribution| first, equal ones by entity_id.

    The parts are reported as computed: what rounding leaves between their sum and the score is not
    hidden in one of them.

    Args:
        titles: of the catalogue.
        watched: [U] columns of the titles watched, each once.
        contributions: [U] what each contributes, in units of the score.
        ids: [U] what breaks ties between equal parts.
        nameless: parts that no single title causes: the title's own, and what viewings do
            together in a model whose parts do not add up by themselves.
        named: how many titles are named, the largest; the others are one part "rest". None: all.

    """
    shown = leading(np.abs(contributions), ids, count=named or max(len(ids), 1))
    others = list(nameless)
    if len(shown) < len(contributions):
        others.append(("rest", float(contributions.sum() - contributions[shown].sum())))
    parts = contributions[shown].tolist()
    total = sum(map(abs, parts)) + sum(abs(part) for _, part in others) or 1.0
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
    return tuple(sorted(reasons, key=lambda r: (-abs(r.contribution), r.entity_id or "")))
