"""Order by score, ties by entity_id, so that every machine gives the same order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title

__all__ = ["id_order", "in_rounds", "leading", "reached_by"]

_GROUPS_EACH = 4
"""Groups for each value asked for. With four, 1.15 times as many values reach the bound as were
asked for, if they are in no order; with more, fewer, but the maxima take longer to sort."""


def id_order(titles: Sequence[Title]) -> NDArray[np.intp]:
    """Return [N] the rank of each title when sorted by entity_id."""
    place = np.empty(len(titles), dtype=np.intp)
    place[sorted(range(len(titles)), key=lambda column: titles[column].entity_id)] = np.arange(
        len(titles)
    )
    return place


def leading(
    scores: NDArray[np.floating],
    ids: NDArray[np.intp],
    *,
    count: int,
    among: NDArray[np.bool_] | None = None,
) -> NDArray[np.intp]:
    """Return the indices of the ``count`` highest scores, descending, ties by id.

    Args:
        scores: [C].
        ids: [C] breaks ties, from :func:`id_order`.
        count: the maximum number, ≥ 1.
        among: [C] mask of the candidates; ``None``: all.

    """
    if among is not None:
        scores = np.where(among, scores, -np.inf)
    # All ties stay until ids decide.
    stay = np.flatnonzero((scores >= reached_by(scores, count=count)) & (scores > -np.inf))
    return stay[np.lexsort((ids[stay], -scores[stay]))][:count]


def reached_by(values: NDArray[np.floating], *, count: int) -> NDArray[np.floating]:
    """Return [..., 1] a bound for each row that at least its ``count`` highest values reach.

    The ``count``-th highest of the maxima of some groups of values; few others reach it, unless
    they are equal. Finding it takes a sixth of the time of a partition of all values.

    Args:
        values: [..., C], not NaN.
        count: ≥ 1.

    """
    groups = _GROUPS_EACH * count
    width = values.shape[-1] // groups
    if not width:  # so few that all may stay
        return np.full((*values.shape[:-1], 1), -np.inf, dtype=values.dtype)
    grouped = values[..., : width * groups].reshape(*values.shape[:-1], width, groups)
    maxima = np.partition(grouped.max(axis=-2), groups - count, axis=-1)
    return maxima[..., groups - count, np.newaxis]


def in_rounds(kinds: Sequence[Hashable]) -> NDArray[np.intp]:
    """Return an order with the first of each kind first, then the second of each, and so on.

    For a household without a history: the more varied its first list, the more its first choice
    reveals of its taste.
    """
    met: Counter[Hashable] = Counter()
    rounds = np.empty(len(kinds), dtype=np.intp)
    for place, kind in enumerate(kinds):
        rounds[place] = met[kind]
        met[kind] += 1
    return np.argsort(rounds, kind="stable")
