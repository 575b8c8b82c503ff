"""From a log of viewings to a model: embeddings, fold-in, segments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import checked
from edgeagent.messages.fields import HeadName
from edgeagent.messages.task import PERMITTED_SEGMENTS
from model_export.heads.als import FactorEngine, LocalEngine
from model_export.heads.blend import BlendSettings
from model_export.heads.devices import Device
from model_export.heads.fit import dimension_of, fit_head
from model_export.heads.fitted_head import FittedHead
from model_export.heads.foldin import FoldinSettings, FoldinTuned
from model_export.heads.linear import LinearSettings
from model_export.heads.linear_fit import LENGTHS
from model_export.heads.trained_model import TrainedModel, encoder_of
from model_export.heads.tuning import FitOrder, Progress
from model_export.heads.warm_start import carried_embeddings
from model_export.log import WatchLog
from model_export.segments.find import Segments, find_segments

__all__ = ["train"]


_FITTING_FRACTION = 0.85
"""Of the progress that is shown; finding segments is the rest."""


def train(  # noqa: PLR0913  (what is trained, and with what)
    log: WatchLog,
    *,
    seed: int,
    segments: int = 32,
    dimension: int | None = None,
    head: HeadName = "foldin",
    previous: TrainedModel | None = None,
    progress: Progress = lambda _what, _done: None,
    engine: FactorEngine = LocalEngine(),  # noqa: B008  (it holds nothing)
    device: Device = "cpu",
    more: Sequence[WatchLog] = (),
) -> TrainedModel:
    """Train on all of ``log``; equal arguments give an equal model.

    Args:
        log: the training part.
        seed: of factors, sampled sessions and segments.
        segments: S, one of ``PERMITTED_SEGMENTS``.
        dimension: D; ``None`` is that of a previous model of this head, else 128, 256 for
            ``blend``, or what ``linear`` chooses on validation data.
        head: what computes a user from a history.
        previous: keep the meaning of its segment ids, and its settings unless they are clearly
            worse than others by now.
        engine: what fits the embeddings of head ``foldin``.
        device: where head ``timescales`` is trained.
        more: further people, read part by part, that head ``timescales`` learns from, too.
        progress: told what is happening and how much of the whole is done, 0-1.

    Raises:
        InputError: an empty log, sizes out of range, too few sessions for the segments, or head
            ``timescales`` without PyTorch or without the GPU that was asked for.
        MalformedMessage: a title says what none can: a year that is no number, or infinite.

    """
    _check(log, segments=segments, dimension=dimension, previous=previous)

    def fitting(what: str, done: float) -> None:
        progress(what, _FITTING_FRACTION * done)

    before = previous if previous is not None and previous.head == head else None
    if dimension is None and before is not None:  # another length is another space
        dimension = len(before.table.rows)
    order = FitOrder(
        dimension=dimension or dimension_of(head),
        lengths=() if dimension else LENGTHS,
        seed=seed,
        progress=fitting,
        settled=None if previous is None else _settled(previous),
        start=None if before is None else _start(before, log, dimension=dimension),
        engine=engine,
        device=device,
        more=more,
    )
    fitted = fit_head(log, head, order)

    def finding(done: float) -> None:
        progress("Finding segments", _FITTING_FRACTION + (1 - _FITTING_FRACTION) * done)

    finding(0.0)
    encoder = encoder_of(fitted.table.embeddings(), fitted.settings)
    found = find_segments(
        log, encoder, segments=segments, seed=seed, previous=previous, progress=finding
    )
    return _with_segments(log, fitted, found)


def _with_segments(log: WatchLog, fitted: FittedHead, found: Segments) -> TrainedModel:
    return TrainedModel(
        titles=log.titles,
        table=fitted.table,
        bias=fitted.bias,
        settings=fitted.settings,
        fit_alpha=None if fitted.tuned is None else fitted.tuned.fit_alpha,
        fit_regularization=None if fitted.tuned is None else fitted.tuned.fit_regularization,
        centroids=found.centroids,
        labels=tuple(segment.label for segment in found.named),
        segment_titles=tuple(segment.titles for segment in found.named),
        session_share=found.session_share,
        cohesion=found.cohesion,
        session_cosine=found.session_cosine,
        unknown_share=np.array([segment.unknown_share for segment in found.named]),
        lifted_words=log.lifted_words(),
        kept_fraction=found.kept_fraction,
        validation=fitted.validation,
    )


def _settled(previous: TrainedModel) -> FoldinTuned | LinearSettings | BlendSettings | None:
    settings = previous.settings
    if isinstance(settings, LinearSettings | BlendSettings):
        return settings
    if not isinstance(settings, FoldinSettings):
        return None
    if previous.fit_alpha is None or previous.fit_regularization is None:
        return None
    return FoldinTuned(
        fit_alpha=previous.fit_alpha,
        fit_regularization=previous.fit_regularization,
        foldin=settings,
        validation=previous.validation,
    )


def _start(
    before: TrainedModel, log: WatchLog, *, dimension: int | None
) -> NDArray[np.float32] | None:
    """Return what a training may begin at: embeddings of the same length, if the head can."""
    if before.head in ("timescales", "blend") or len(before.table.rows) != dimension:
        return None
    return carried_embeddings(before, log.titles)


def _check(
    log: WatchLog, *, segments: int, dimension: int | None, previous: TrainedModel | None
) -> None:
    if not len(log):
        raise InputError("the log holds no viewings", hint="give a log with viewings to train on")
    for title in log.titles:
        checked(title)  # no loader makes such a title, but not every log comes from one
    if segments not in PERMITTED_SEGMENTS:
        raise InputError(
            f"{segments} segments asked for",
            hint=f"choose one of {', '.join(map(str, PERMITTED_SEGMENTS))}",
        )
    if dimension is not None and not 1 <= dimension <= 1024:  # noqa: PLR2004  (what a catalogue's header can say)
        raise InputError(f"{dimension} dimensions asked for", hint="choose 1 to 1024")
    if previous is not None and len(previous.labels) != segments:
        raise InputError(
            f"the previous model has {len(previous.labels)} segments, {segments} are asked for",
            hint="ask for as many, or start fresh without the previous model",
        )
