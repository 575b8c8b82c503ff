"""Segments: spherical k-means on session vectors, because sessions are what is counted.

Dhillon and Modha 2001, "Concept decompositions for large sparse text data using clustering"; seeded
as in Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError

__all__ = ["Clusters", "nearest", "spherical_kmeans", "unit_rows"]

_RESTARTS = 4
"""k-means ends in a local optimum that depends on its seeds; the best of these is kept."""
_ITERATIONS = 60
_SAME = 1e-9
"""Distance that is only rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """S centroids and what they were fitted to."""

    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    assigned: NDArray[np.int64]
    """[M] the nearest centroid of each vector; of equal ones the lowest."""
    cosine: NDArray[np.float64]
    """[M] with that centroid."""


def spherical_kmeans(
    vectors: NDArray[np.floating],
    *,
    count: int,
    seed: int,
    progress: Callable[[float], None] = lambda _done: None,
) -> Clusters:
    """Cluster directions: the best of four seeded starts, largest cluster first.

    Args:
        vectors: [M, D]; their lengths do not matter, zero vectors are not welcome.
        count: S.
        seed: of the starts.
        progress: told how much is done, 0-1.

    Raises:
        InputError: fewer different vectors than clusters.

    """
    unit = unit_rows(vectors)
    rng = np.random.default_rng(seed)
    tries = []
    for start in range(_RESTARTS):
        tries.append(_refined(unit, _seeds(unit, count, rng)))
        progress((start + 1) / _RESTARTS)
    best = max(tries, key=lambda clusters: float(clusters.cosine.sum()))
    sizes = np.bincount(best.assigned, minlength=count)
    return nearest(unit, best.centroids[np.argsort(-sizes, kind="stable")])


def _seeds(unit: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw each seed with a chance proportional to its distance from those drawn before."""
    chosen = [int(rng.integers(len(unit)))]
    distance = np.full(len(unit), np.inf)
    for _ in range(count - 1):
        distance = np.minimum(distance, np.maximum(1.0 - unit @ unit[chosen[-1]], 0.0))
        distance[distance < _SAME] = 0.0
        if not distance.any():
            raise InputError(
                f"{len(chosen)} different sessions cannot make {count} segments",
                hint="give a larger log, or ask for fewer segments",
            )
        chosen.append(int(rng.choice(len(unit), p=distance / distance.sum())))
    return unit[chosen]


def _refined(unit: NDArray[np.float64], centroids: NDArray[np.float64]) -> Clusters:
    """Alternate assignment and mean until nothing moves."""
    clusters = nearest(unit, centroids)
    for _ in range(_ITERATIONS):
        moved = nearest(unit, _means(unit, clusters))
        if np.array_equal(moved.assigned, clusters.assigned):
            return moved
        clusters = moved
    return clusters


def _means(unit: NDArray[np.float64], clusters: Clusters) -> NDArray[np.float64]:
    from scipy.sparse import csr_matrix  # noqa: PLC0415  (half a second)

    count, vectors = len(clusters.centroids), np.arange(len(unit))
    # Sparse: all but one entry of each column are 0, and multiplying by them took most of the time.
    member = csr_matrix((np.ones(len(unit)), (clusters.assigned, vectors)), (count, len(unit)))
    sums = np.asarray(member @ unit)
    empty = np.flatnonzero(np.diff(member.indptr) == 0)
    if len(empty):  # takes over the vectors that are served worst
        sums[empty] = unit[np.argsort(clusters.cosine, kind="stable")[: len(empty)]]
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), clusters.centroids)


def nearest(unit: NDArray[np.float64], centroids: NDArray[np.float64]) -> Clusters:
    """Assign unit vectors [M, D] to the nearest of unit centroids [S, D]."""
    likeness = unit @ centroids.T
    assigned = likeness.argmax(axis=1)
    cosine = np.take_along_axis(likeness, assigned[:, np.newaxis], axis=1)[:, 0]
    return Clusters(centroids=centroids, assigned=assigned, cosine=cosine)


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return rows of length 1 in the same directions; rows of zeros stay."""
    exact = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.asarray(exact / np.where(lengths > 0, lengths, 1.0))
