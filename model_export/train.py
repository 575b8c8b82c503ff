"""From a log of viewings to a model: embeddings, fold-in, segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages.fields import HeadName
from model_export.heads import FittedHead, fit_head
from model_export.log import WatchLog
from model_export.naming import label_segments
from model_export.segmentation import Clusters, spherical_kmeans
from model_export.session_vectors import Session, sample_sessions, session_vectors
from model_export.trained import TrainedModel, encoder_of
from model_export.tuning import Progress
from model_export.warm_start import carried_centroids

__all__ = ["MAX_SEGMENTS", "MIN_SEGMENTS", "train"]

MIN_SEGMENTS, MAX_SEGMENTS = 16, 64

_FITTING_FRACTION = 0.95
"""Of the time; finding segments takes the rest."""


def train(
    log: WatchLog,
    *,
    seed: int,
    segments: int = 32,
    dimension: int = 128,
    head: HeadName = "foldin",
    previous: TrainedModel | None = None,
    progress: Progress = lambda _what, _done: None,
) -> TrainedModel:
    """Train on all of ``log``; equal arguments give an equal model.

    Args:
        log: the training part.
        seed: of factors, sampled sessions and segments.
        segments: S, 16-64.
        dimension: D.
        head: what computes a user from a history.
        previous: keep the meaning of its segment ids (a warm start of the segments).
        progress: told what is happening and how much of the whole is done, 0-1.

    Raises:
        InputError: an empty log, sizes out of range, too few sessions for the segments, or head
            ``timescales`` without PyTorch.

    """
    _check(log, segments=segments, dimension=dimension, previous=previous)

    def fitting(what: str, done: float) -> None:
        progress(what, _FITTING_FRACTION * done)

    fitted = fit_head(log, head=head, dimension=dimension, seed=seed, progress=fitting)
    progress("Finding segments", _FITTING_FRACTION)
    return _with_segments(log, fitted, segments=segments, seed=seed, previous=previous)


def _with_segments(
    log: WatchLog,
    fitted: FittedHead,
    *,
    segments: int,
    seed: int,
    previous: TrainedModel | None,
) -> TrainedModel:
    encoder = encoder_of(fitted.table.embeddings(), fitted.settings)
    sessions = sample_sessions(log, seed=seed)
    sessions, vectors = _with_direction(sessions, session_vectors(sessions, encoder))
    clusters = spherical_kmeans(
        vectors,
        count=segments,
        seed=seed,
        initial=None
        if previous is None
        else carried_centroids(previous, log.titles, sessions, vectors),
    )
    return TrainedModel(
        titles=log.titles,
        table=fitted.table,
        bias=fitted.bias,
        settings=fitted.settings,
        centroids=clusters.centroids,
        labels=label_segments(log.titles, sessions, clusters.assigned, count=segments),
        session_share=_shares(clusters, segments),
        session_cosine=float(clusters.cosine.mean()),
        validation=fitted.validation,
    )


def _check(log: WatchLog, *, segments: int, dimension: int, previous: TrainedModel | None) -> None:
    if not len(log):
        raise InputError("the log holds no viewings", hint="give a log with viewings to train on")
    if not MIN_SEGMENTS <= segments <= MAX_SEGMENTS:
        raise InputError(
            f"{segments} segments asked for", hint=f"choose {MIN_SEGMENTS} to {MAX_SEGMENTS}"
        )
    if not 1 <= dimension <= 1024:  # noqa: PLR2004  (what a catalogue's header can say)
        raise InputError(f"{dimension} dimensions asked for", hint="choose 1 to 1024")
    if previous is not None and len(previous.labels) != segments:
        raise InputError(
            f"the previous model has {len(previous.labels)} segments, {segments} are asked for",
            hint="ask for as many, or begin anew without the previous model",
        )


def _with_direction(
    sessions: tuple[Session, ...], vectors: NDArray[np.float64]
) -> tuple[tuple[Session, ...], NDArray[np.float64]]:
    """Leave out sessions of titles that have no embedding: they point nowhere."""
    kept = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
    return tuple(sessions[index] for index in kept), vectors[kept]


def _shares(clusters: Clusters, segments: int) -> NDArray[np.float64]:
    return np.bincount(clusters.assigned, minlength=segments) / len(clusters.assigned)
