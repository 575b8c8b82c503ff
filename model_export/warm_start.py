"""Segment ids that keep their meaning from one model to the next.

A new training turns the space, so old centroids say nothing in it. What carries over is which
sessions belong together: the old model assigns the new log's sessions to the old segments, and
their means in the new space are where k-means starts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.session_vectors import Session, session_vectors
from model_export.trained import TrainedModel

__all__ = ["carried_centroids"]


def carried_centroids(
    previous: TrainedModel,
    titles: Sequence[Title],
    sessions: tuple[Session, ...],
    vectors: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return where the previous segments lie in the new space, [S, D].

    Args:
        previous: the model before.
        titles: of the new log; its entity ids say which titles both know.
        sessions: M sessions of the new log.
        vectors: [M, D] what the new encoder makes of them; none is zero.

    Raises:
        InputError: no session has a title that the previous model knows.

    """
    column = {title.entity_id: number for number, title in enumerate(previous.titles)}
    known = np.array([column.get(title.entity_id, -1) for title in titles])
    old_sessions = tuple(_renumbered(session, known) for session in sessions)
    old = session_vectors(old_sessions, previous.encoder())
    usable = np.linalg.norm(old, axis=1) > 0
    if not usable.any():
        raise InputError(
            "the previous model knows none of the titles watched in this log",
            hint="train without it; segment ids then begin anew",
        )
    assigned = (old @ previous.centroids.T).argmax(axis=1)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centroids = np.zeros((len(previous.centroids), vectors.shape[1]))
    np.add.at(centroids, assigned[usable], unit[usable])
    empty = np.flatnonzero(np.linalg.norm(centroids, axis=1) == 0)
    # A segment nobody watches any more takes any session's place; k-means moves it on.
    centroids[empty] = unit[np.resize(np.flatnonzero(usable), len(empty))]
    return np.asarray(centroids / np.linalg.norm(centroids, axis=1, keepdims=True))


def _renumbered(session: Session, known: NDArray[np.int64]) -> Session:
    """Return what the previous model sees of a session."""
    items = known[session.items]
    there = items >= 0
    return Session(
        items=items[there],
        completion=session.completion[there],
        age_days=session.age_days[there],
    )
