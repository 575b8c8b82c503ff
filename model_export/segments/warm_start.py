"""Segment ids that keep their meaning from one model to the next.

What carries over is which sessions belong together: the old model assigns the new log's sessions
to the old segments, and in the new space (see :mod:`model_export.heads.warm_start`) the centroids
are sought under which they stay there. k-means from the old means would fit the sessions a little
better and drift away from them: within its sixty steps a quarter of the sessions change their
segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.heads.trained_model import TrainedModel
from model_export.heads.warm_start import columns_before
from model_export.segments.kmeans import Clusters, nearest, unit_rows
from model_export.segments.session_vectors import SessionRows, session_vectors

__all__ = ["CarriedSegments", "carry_segments"]

_STEPS, _RATE, _MOMENTUM = 200, 0.05, 0.9
_SHARPNESS = 160.0
"""1 / T of the softmax over cosines, sharper than on the box, since only the argmax counts: what
lies well inside a segment pulls at nothing. With a quarter of it and sixty steps one or two in a
hundred more sessions change their segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedSegments:
    """The old segments in the new space."""

    clusters: Clusters
    kept_fraction: float
    """Of the sessions both models can encode, those with the id they had."""


def carry_segments(
    previous: TrainedModel,
    titles: Sequence[Title],
    sessions: tuple[SessionRows, ...],
    vectors: NDArray[np.float64],
) -> CarriedSegments:
    """Find the previous segments in the new space.

    Args:
        previous: the model before.
        titles: of the new log; its entity ids say which titles both know.
        sessions: M sessions of the new log.
        vectors: [M, D] what the new encoder makes of them; none is zero.

    Raises:
        InputError: no session has a title that the previous model knows.

    """
    assigned = _before(previous, titles, sessions)
    known = assigned >= 0
    if not known.any():
        raise InputError(
            "the previous model knows none of the titles watched in this log",
            hint="train without it; segment ids then start fresh",
        )
    unit = unit_rows(vectors)
    centroids = _agreeing(unit[known], assigned[known], count=len(previous.centroids))
    unwatched = np.flatnonzero(np.bincount(assigned[known], minlength=len(centroids)) == 0)
    if len(unwatched):  # a segment nobody watches any more takes over what is served worst
        worst = np.argsort(nearest(unit, centroids).cosine, kind="stable")
        centroids[unwatched] = unit[np.resize(worst, len(unwatched))]
    clusters = nearest(unit, centroids)
    return CarriedSegments(
        clusters=clusters,
        kept_fraction=float((clusters.assigned == assigned)[known].mean()),
    )


def _before(
    previous: TrainedModel, titles: Sequence[Title], sessions: tuple[SessionRows, ...]
) -> NDArray[np.int64]:
    """Return [M] the segment each session has by the previous model; -1 where it knows no title."""
    known = columns_before(previous, titles)
    renumbered = tuple(_renumbered(session, known) for session in sessions)
    old = session_vectors(renumbered, previous.encoder())
    segment = (old @ previous.centroids.T).argmax(axis=1)
    return np.where(np.linalg.norm(old, axis=1) > 0, segment, -1)


def _agreeing(
    unit: NDArray[np.float64], assigned: NDArray[np.int64], *, count: int
) -> NDArray[np.float64]:
    """Return unit centroids [S, D] by whose cosines unit vectors [M, D] stay where they are.

    Softmax regression on the cosines by gradient descent with momentum, from the means; each step
    ends on the sphere.
    """
    single = unit.astype(np.float32)  # half the time, and directions need no more
    target = np.zeros((len(unit), count), dtype=np.float32)
    target[np.arange(len(unit)), assigned] = 1.0
    centroids = unit_rows(target.T @ single)
    velocity = np.zeros_like(centroids)
    for _ in range(_STEPS):
        odds = _SHARPNESS * (single @ centroids.T.astype(np.float32))
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        velocity = _MOMENTUM * velocity + (odds - target).T @ single * (count / len(unit))
        centroids = unit_rows(centroids - _RATE * velocity)
    return centroids


def _renumbered(session: SessionRows, known: NDArray[np.int64]) -> SessionRows:
    """Return what the previous model sees of a session."""
    items = known[session.items]
    there = items >= 0
    return SessionRows(
        items=items[there],
        completion=session.completion[there],
        age_days=session.age_days[there],
    )
