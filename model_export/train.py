"""From a log of viewings to a model: embeddings, fold-in, segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.content import with_cold_rows
from model_export.evaluate import PersonHistory
from model_export.factors import ItemTable, fit_factors, log_popularity
from model_export.foldin import FoldinSettings, FoldinSolver
from model_export.log import WatchLog
from model_export.segmenting import find_segments
from model_export.trained import TrainedModel
from model_export.tuning import Progress, Tuned, foldin_scorer, tune

__all__ = ["MAX_SEGMENTS", "MIN_SEGMENTS", "train"]

MIN_SEGMENTS, MAX_SEGMENTS = 16, 64

_POPULARITY_FRACTION = 0.02
"""What the most popular title scores by its bias, as a part of a typical household's best score:
enough to order titles for a household without history, too little to order them for another."""
_TYPICAL_HISTORIES = 200


def train(
    log: WatchLog,
    *,
    seed: int,
    segments: int = 32,
    dimension: int = 128,
    previous: TrainedModel | None = None,
    progress: Progress = lambda _what, _done: None,
) -> TrainedModel:
    """Train on all of ``log``; equal arguments give an equal model.

    Args:
        log: the training part.
        seed: of factors, sampled sessions and segments.
        segments: S, 16-64.
        dimension: D.
        previous: keep the meaning of its segment ids, and its settings unless they are clearly
            worse than others by now.
        progress: told what is happening and how much of the whole is done, 0-1.

    Raises:
        InputError: an empty log, sizes out of range, or too few sessions for the segments.

    """
    from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  (it ships no types)
        threadpool_limits,
    )

    _check(log, segments=segments, dimension=dimension, previous=previous)
    # Thousands of small systems: more BLAS threads only wait for each other.
    with threadpool_limits(1, "blas"):
        tuned = tune(
            log,
            dimension=dimension,
            seed=seed,
            progress=progress,
            settled=None if previous is None else _settled(previous),
        )
        progress("Fitting embeddings", 0.92)
        factors = fit_factors(
            log,
            alpha=tuned.fit_alpha,
            regularization=tuned.fit_regularization,
            dimension=dimension,
            seed=seed,
        )
        progress("Finding segments", 0.95)
        return _with_segments(log, tuned, factors, segments=segments, seed=seed, previous=previous)


def _with_segments(
    log: WatchLog,
    tuned: Tuned,
    factors: NDArray[np.float32],
    *,
    segments: int,
    seed: int,
    previous: TrainedModel | None,
) -> TrainedModel:
    table = ItemTable.of(with_cold_rows(log, factors, seed=seed))
    embeddings = table.embeddings()
    found = find_segments(
        log,
        FoldinSolver(embeddings, tuned.foldin),
        segments=segments,
        seed=seed,
        previous=previous,
    )
    return TrainedModel(
        titles=log.titles,
        table=table,
        bias=_bias(log, embeddings, tuned.foldin),
        settings=tuned.foldin,
        fit_alpha=tuned.fit_alpha,
        fit_regularization=tuned.fit_regularization,
        centroids=found.centroids,
        labels=tuple(segment.label for segment in found.named),
        segment_titles=tuple(segment.titles for segment in found.named),
        session_share=found.session_share,
        cohesion=found.cohesion,
        session_cosine=found.session_cosine,
        kept_fraction=found.kept_fraction,
        validation=tuned.validation,
    )


def _settled(previous: TrainedModel) -> Tuned:
    return Tuned(
        fit_alpha=previous.fit_alpha,
        fit_regularization=previous.fit_regularization,
        foldin=previous.settings,
        validation=previous.validation,
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


def _bias(
    log: WatchLog, embeddings: NDArray[np.float32], settings: FoldinSettings
) -> NDArray[np.float32]:
    """Return [N] log popularity, scaled to what scores are like."""
    score = foldin_scorer(embeddings, np.zeros(len(embeddings)), settings)
    best = [float(score(history).max()) for history in _some_histories(log)]
    unit = max(float(np.median(best)), float(np.finfo(np.float32).tiny))
    return (_POPULARITY_FRACTION * unit * log_popularity(log)).astype(np.float32)


def _some_histories(log: WatchLog) -> list[PersonHistory]:
    """Return all of what up to 200 people watched, evenly spread over user numbers."""
    order = np.argsort(log.users, kind="stable")
    people, starts = np.unique(log.users[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    chosen = np.linspace(0, len(people) - 1, min(_TYPICAL_HISTORIES, len(people))).astype(np.intp)
    rows = [order[starts[index] : ends[index]] for index in chosen]
    return [
        PersonHistory(
            items=log.items[own],
            completion=log.completion[own],
            watched_on=log.watched_on[own],
            now=int(log.watched_on[own[-1]]),
        )
        for own in rows
    ]
