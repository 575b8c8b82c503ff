"""From scores to a short list.

Each step takes and returns columns in order, so that another step, such as maximal marginal
relevance (Carbonell, Goldstein 1998), can stand between the first and the last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title

__all__ = ["by_score", "id_order", "shortlist", "spread_over_genres"]

_MOST_FILMS_OF_A_FRANCHISE = 2


def id_order(titles: Sequence[Title]) -> NDArray[np.intp]:
    """Return [N] the place of each title when sorted by entity_id."""
    place = np.empty(len(titles), dtype=np.intp)
    place[sorted(range(len(titles)), key=lambda column: titles[column].entity_id)] = np.arange(
        len(titles)
    )
    return place


def by_score(
    columns: NDArray[np.intp], scores: NDArray[np.float32], ids: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Sort ``columns`` by falling score, equal scores by entity_id.

    Args:
        columns: [C] candidates.
        scores: [N] of all titles.
        ids: [N] from :func:`id_order`.

    """
    return columns[np.lexsort((ids[columns], -scores[columns]))]


def spread_over_genres(order: NDArray[np.intp], titles: Sequence[Title]) -> NDArray[np.intp]:
    """Put the best of each genre first, then the second best of each, and so on.

    For a household without a history: the more kinds of titles it is shown, the more its first
    choice says. A title's genre is the first one it names.
    """
    met: Counter[str] = Counter()
    rounds = np.empty(len(order), dtype=np.intp)
    for place, column in enumerate(order):
        genre = next(iter(titles[column].genres), "")
        rounds[place] = met[genre]
        met[genre] += 1
    return order[np.argsort(rounds, kind="stable")]


def shortlist(order: NDArray[np.intp], titles: Sequence[Title], *, limit: int) -> NDArray[np.intp]:
    """Return the first ``limit`` columns, near-duplicates left out.

    Of a series one entry is enough, be it the series or an episode; of a film franchise two.
    """
    taken: Counter[str] = Counter()
    chosen: list[int] = []
    for column in order:
        if len(chosen) == limit:
            break
        title = titles[column]
        franchise = title.series_id or title.entity_id
        if taken[franchise] < (_MOST_FILMS_OF_A_FRANCHISE if title.kind == "film" else 1):
            taken[franchise] += 1
            chosen.append(int(column))
    return np.array(chosen, dtype=np.intp)
