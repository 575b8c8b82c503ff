"""Segments of a log: its sessions as vectors, clustered or carried over, measured and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages.task import PERMITTED_SEGMENTS
from model_export.heads.encoders import Encoder
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.log_remarks import log_remarks
from model_export.segments.kmeans import spherical_kmeans
from model_export.segments.naming import NamedSegment, name_segments
from model_export.segments.session_vectors import sample_sessions, session_vectors
from model_export.segments.warm_start import carry_segments

__all__ = ["Segments", "find_segments"]


_SESSIONS_FRACTION, _CLUSTERED_FRACTION = 0.15, 0.95
"""Of the work: sessions are vectors, and clusters are found; naming them is the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """S segments of one model."""

    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    named: tuple[NamedSegment, ...]
    session_share: NDArray[np.float64]
    """[S] of the sessions they were fitted to; sums to 1."""
    cohesion: NDArray[np.float64]
    """[S] mean cosine of a segment's sessions with its centroid; 0 where it has none."""
    session_cosine: float
    """The same over all sessions."""
    kept_fraction: float | None
    """Of the sessions that the previous model knew, those that kept their id."""


def find_segments(
    log: WatchLog,
    encoder: Encoder,
    *,
    segments: int,
    seed: int,
    previous: TrainedModel | None,
    progress: Callable[[float], None] = lambda _done: None,
) -> Segments:
    """Find segments in the sessions of ``log``, or find those of ``previous`` again.

    ``progress`` is told how much is done, 0-1.

    Raises:
        InputError: too few different sessions, or none that ``previous`` knows.

    """
    sessions = sample_sessions(log, seed=seed)
    vectors = session_vectors(sessions, encoder)
    progress(_SESSIONS_FRACTION)
    kept = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)  # the rest points nowhere
    sessions, vectors = tuple(sessions[index] for index in kept), vectors[kept]
    if previous is None:
        try:
            clusters = spherical_kmeans(
                vectors,
                count=segments,
                seed=seed,
                progress=lambda done: progress(
                    _SESSIONS_FRACTION + (_CLUSTERED_FRACTION - _SESSIONS_FRACTION) * done
                ),
            )
            kept_fraction = None
        except InputError as error:
            fewest = segments == min(PERMITTED_SEGMENTS)
            out = "give a larger log" if fewest else error.hint
            raise InputError(str(error), hint="; ".join((*log_remarks(log), out))) from error
    else:
        carried = carry_segments(previous, log.titles, sessions, vectors)
        clusters, kept_fraction = carried.clusters, carried.kept_fraction
    sizes = np.bincount(clusters.assigned, minlength=segments)
    cosines = np.bincount(clusters.assigned, weights=clusters.cosine, minlength=segments)
    return Segments(
        centroids=clusters.centroids,
        named=name_segments(
            log.titles,
            sessions,
            clusters.assigned,
            count=segments,
            metadata=log.metadata,
            mapping=log.genre_mapping,
        ),
        session_share=sizes / len(sessions),
        cohesion=cosines / np.maximum(sizes, 1),
        session_cosine=float(clusters.cosine.mean()),
        kept_fraction=kept_fraction,
    )
