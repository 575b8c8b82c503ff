"""Choose the picks from the titles that may be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.catalogue import CatalogueView
from edgeagent.ranking.candidates import CandidateIndex, Offer
from edgeagent.ranking.diversity import (
    pool_size,
    relevance_part,
    spread,
)
from edgeagent.ranking.exploration import DailySource, explore
from edgeagent.ranking.order import in_rounds, leading

__all__ = ["Choice", "Scored", "choose"]

_NONE = np.array([], dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The scores computed from a window."""

    known_by: int
    """How many different titles were watched."""
    user: NDArray[np.float32]
    """[D]; zeros without a model or history."""
    scores: NDArray[np.float32]
    """[N] scores of all titles: ``candidates · user + bias``."""
    segment_probabilities: NDArray[np.float32]
    """[S], sums to 1; [0] without segments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Columns to show, in order."""

    new: NDArray[np.intp]
    begun: NDArray[np.intp]
    """To be continued."""
    progress: Mapping[int, float]
    """Column of ``begun`` → how far it was watched, a fraction."""
    drawn: Collection[int]
    """Columns of ``new`` that were drawn for exploration."""

    @classmethod
    def of(cls, columns: NDArray[np.intp]) -> Self:
        """Show exactly these."""
        return cls(new=columns, begun=_NONE, progress={}, drawn=())


def choose(
    offer: Offer,
    scored: Scored,
    catalogue: CatalogueView,
    index: CandidateIndex,
    *,
    kind_of: Callable[[int], int | str],
    limit: int,
    exploration_seed: int | None,
) -> Choice:
    """Choose what to show.

    Args:
        offer: the titles that may be shown.
        scored: the scores of all titles.
        catalogue: the titles.
        index: of the same catalogue.
        kind_of: the segment or genre of a title.
        limit: the maximum length of each list.
        exploration_seed: seed of the exploration; ``None``: no exploration.

    """
    pool, scores, embeddings = _considered(
        offer.new, scored, catalogue, index.ids, pool_size(limit)
    )
    if scored.known_by == 0:
        rounds = in_rounds([kind_of(column) for column in pool.tolist()])
        pool, embeddings = pool[rounds], embeddings[rounds]
        scores = np.arange(
            len(pool), 0, -1, dtype=np.float32
        )  # from here on only their order counts
    series, franchises = index.groups
    found = spread(
        scores,
        embeddings,
        series=series[pool],
        franchises=franchises[pool],
        limit=limit,
        relevance_part=relevance_part(scored.known_by),
    )
    drawn = (
        {}
        if exploration_seed is None
        else explore(found.chosen, found.spare, DailySource(exploration_seed))
    )
    shown = [drawn.get(place, chosen) for place, chosen in enumerate(found.chosen)]
    begun = offer.begun[:limit]
    return Choice(
        new=pool[shown],
        begun=begun,
        progress=dict(zip(begun.tolist(), offer.progress.tolist(), strict=False)),
        drawn=frozenset(pool[list(drawn.values())].tolist()),
    )


def _considered(
    new: NDArray[np.bool_],
    scored: Scored,
    catalogue: CatalogueView,
    ids: NDArray[np.intp],
    count: int,
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Return the best ``count`` new columns, their scores and their embeddings.

    They are scored again, row by row: in a product over all columns two equal columns may differ in
    the last bit, depending on their position, and ids would not break the tie.
    """
    pool = leading(scored.scores, ids, count=count, among=new)
    embeddings = catalogue.embeddings(pool)
    scores = (embeddings * scored.user).sum(axis=1) + catalogue.bias[pool]
    order = np.lexsort((ids[pool], -scores))
    return pool[order], scores[order], embeddings[order]
