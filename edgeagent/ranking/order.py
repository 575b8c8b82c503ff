"""Order by score, ties by entity_id, so that every machine gives the same order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title

__all__ = ["id_order", "in_rounds", "leading"]


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
    least = -np.inf
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
    # All ties stay until ids decide.
    stay = np.flatnonzero(scores >= least if least > -np.inf else scores > -np.inf)
    return stay[np.lexsort((ids[stay], -scores[stay]))][:count]


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
