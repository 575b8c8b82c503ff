"""Diverse lists by maximal marginal relevance (MMR).

Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking": the next title is the
one with the largest

    t · relevance − (1 − t) · similarity to the most similar title already chosen

where relevance is the score, scaled to 0–1 over the considered titles, similarity is the cosine of
two embeddings (at least 0), and two titles of one series or franchise have similarity 1. In
addition a series gets one place in a list and a franchise two.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spread", "pool_size", "relevance_part", "spread"]

_RELEVANCE_PART, _RELEVANCE_PART_OF_FEW = 0.9, 0.6
_FEW_TITLES = 4
_PLACES_OF_A_FRANCHISE = 2
"""0.9 costs 0.002 of 0.215 NDCG@10 on MovieLens small (``tests.bench.bench_diversity``)."""
_SHORTEST = 1e-6
"""Guards the norm of a zero row, which then has similarity 0 to everything."""
_OUT = -np.inf
"""The value of titles that cannot be chosen any more."""


def relevance_part(known_by: int) -> float:
    """Return the trade-off t for a history of ``known_by`` different titles.

    Fewer than four titles say little, so the list is more diverse, to learn more. With no history
    there is no taste to compare by: such a list is spread over segments instead.
    """
    if known_by == 0:
        return 1.0
    return _RELEVANCE_PART if known_by >= _FEW_TITLES else _RELEVANCE_PART_OF_FEW


def pool_size(limit: int) -> int:
    """Return how many of the best titles are considered for a list of ``limit``."""
    return 4 * limit + 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Indices into the considered titles."""

    chosen: list[int]
    """The chosen ones, in the order to show them."""
    spare: list[int]
    """Those not chosen that still could be; the best first."""


def spread(
    scores: NDArray[np.float32],
    embeddings: NDArray[np.float32],
    *,
    series: NDArray[np.int32],
    franchises: NDArray[np.int32],
    limit: int,
    relevance_part: float,
) -> Spread:
    """Choose the titles to show, and their order.

    Args:
        scores: [P] of the considered titles, the best first.
        embeddings: [P, D].
        series: [P] a number for each series.
        franchises: [P] a number for each franchise, different from those of series.
        limit: how many at most.
        relevance_part: the trade-off t, 0–1.

    """
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1), _SHORTEST)[:, np.newaxis]
    alike = (1 - relevance_part) * (unit @ unit.T)
    value = relevance_part * _relevance(scores)
    likeness = np.zeros(len(scores), dtype=np.float32)
    groups = [
        (group, Counter(names), places)
        for group, places in ((series, 1), (franchises, _PLACES_OF_A_FRANCHISE))
        if len(set(names := group.tolist())) < len(names)
    ]
    taken: Counter[int] = Counter()
    chosen: list[int] = []
    while len(chosen) < min(limit, len(scores)):
        best = int((value - likeness).argmax())
        if value[best] == _OUT:
            break  # all others belong to series and franchises that have used their places
        chosen.append(best)
        value[best] = _OUT
        np.maximum(likeness, alike[best], out=likeness)
        for group, sizes, places in groups:
            name = int(group[best])
            if sizes[name] > 1:
                taken[name] += 1
                kin = group == name
                likeness[kin] = 1 - relevance_part
                if taken[name] == places:
                    value[kin] = _OUT
    return Spread(chosen=chosen, spare=np.flatnonzero(value > _OUT).tolist())


def _relevance(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    span = np.ptp(scores) if len(scores) else 0.0
    return (scores - scores.min()) / span if span > 0 else np.zeros_like(scores)
