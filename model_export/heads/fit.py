"""The heads: how each is fitted to a log."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib.util import find_spec
from typing import cast

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages.fields import HeadName
from model_export.evaluation.splits import Aim, validation_split
from model_export.heads.blend import BlendSettings
from model_export.heads.blend_fit import EVEN, Halves, best_gate, some_histories
from model_export.heads.cold_start import with_cold_rows
from model_export.heads.devices import Device, TrainingDevice, chosen_device
from model_export.heads.factors import ItemTable, log_popularity
from model_export.heads.fitted_head import FittedHead
from model_export.heads.foldin import FoldinTuned
from model_export.heads.foldin_tuning import tune
from model_export.heads.linear import LinearSettings
from model_export.heads.linear_fit import LinearTuned, co_viewings, tune_linear
from model_export.heads.linear_rows import fit_rows, with_room_for_known
from model_export.heads.trained_model import HeadSettings, head_of, scorer_of
from model_export.heads.tuning import FitOrder
from model_export.heads.warm_start import held_near
from model_export.log import WatchLog

__all__ = [
    "DIMENSION",
    "HEADS",
    "dimension_of",
    "fit_head",
    "no_linear",
    "torch_is_there",
    "training_device",
]

HEADS: tuple[HeadName, ...] = ("foldin", "linear", "timescales", "blend")
"""The first that can be fitted to a log is shipped, unless another is clearly better."""

DIMENSION = 128
"""D where nobody asked for another and the head chooses none."""
_POPULARITY_FRACTION = 0.02
"""What the most popular title scores by its bias, as a part of a typical household's best score:
enough to order titles for a household without history, too little to order them for another."""
_LEAST_LINEAR = 2
_AHEAD: dict[Aim, int] = {"next": 1, "later": 20, "any": 20}
_TAIL: dict[Aim, int] = {"next": 1, "later": 5, "any": 5}
"""How many latest viewings of a person are kept out to judge training by."""


def dimension_of(head: HeadName, *, one: int = DIMENSION) -> int:
    """Return D of a head whose rows are like those of others, or two such rows side by side.

    On the panel two halves of 64 rank worse than ``linear`` with 128, two of 128 better.
    """
    return 2 * one if head == "blend" else one


def torch_is_there() -> bool:
    """Whether head ``timescales`` can be trained here."""
    return find_spec("torch") is not None


def training_device(asked: Device) -> TrainingDevice:
    """Return what heads ``timescales`` and ``blend`` are trained on here.

    Raises:
        InputError: PyTorch is not installed, or finds no GPU where one was asked for.

    """
    if not torch_is_there():
        raise InputError(
            "heads timescales and blend need PyTorch, which is not installed",
            hint="install it with: pip install 'edgeagent[train]'; or choose --head foldin",
        )
    from model_export.heads.timescales_torch import why_no_cuda  # noqa: PLC0415  (loads PyTorch)

    return chosen_device(asked, why_no_cuda)


def fit_head(
    log: WatchLog,
    head: HeadName,
    order: FitOrder,
    *,
    seeds: int = 3,
    halves: Sequence[FittedHead] = (),
) -> FittedHead:
    """Fit a head to all of ``log``; its settings are chosen inside.

    Args:
        log: what to learn from.
        head: which.
        order: how it is to be fitted.
        seeds: how often ``timescales`` is trained; the best training is kept.
        halves: heads fitted to this log, by orders that differ from this one by half the dimension,
            or by letting ``linear`` choose its length. ``blend`` does not fit them again.

    Raises:
        InputError: ``timescales`` or ``blend`` without PyTorch, without the GPU that was asked for,
            or of a log that they can learn nothing from; or what :func:`no_linear` tells of.

    """
    match head:  # without a default, so that mypy asks for a head that is added
        case "foldin":
            with _one_thread():  # thousands of small systems: more threads wait for each other
                return _foldin(log, order)
        case "linear":
            with _one_thread():  # more make other sums; and beside other work, they wait 20 times
                return _linear(log, order)
        case "timescales":
            return _timescales(log, order, seeds=seeds)
        case "blend":
            return _blend(log, order, seeds=seeds, halves=halves)


def _one_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS takes one thread."""
    from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  (it ships no types)
        threadpool_limits,
    )

    return cast("AbstractContextManager[object]", threadpool_limits(1, "blas"))


def _timescales(log: WatchLog, order: FitOrder, *, seeds: int) -> FittedHead:
    device = training_device(order.device)
    from model_export.heads.timescales_fit import (  # noqa: PLC0415  (loads PyTorch)
        TrainingOrder,
        fit_timescales,
    )
    from model_export.heads.timescales_torch import Recipe  # noqa: PLC0415

    training = TrainingOrder(
        recipe=Recipe(dimension=order.dimension, ahead=_AHEAD[order.aim]),
        tail=_TAIL[order.aim],
        seed=order.seed,
        seeds=seeds,
        more=order.more,
        device=device,
    )
    fitted = fit_timescales(log, training, progress=order.progress)
    snapshot = fitted.snapshot
    # A new title's bias is predicted from its metadata, too; without any it is the median.
    middle = np.median(snapshot.bias)
    told = np.column_stack([snapshot.embeddings, snapshot.bias - middle])
    rows = with_cold_rows(log, told, seed=order.seed, more=order.more)
    return FittedHead(
        table=ItemTable.of(rows[:, :-1]),
        bias=np.maximum(rows[:, -1] + middle, 0).astype(np.float32),
        settings=snapshot.weights,
        validation=fitted.validation,
    )


def _blend(
    log: WatchLog, order: FitOrder, *, seeds: int, halves: Sequence[FittedHead]
) -> FittedHead:
    """Choose the gate on people held out, with both heads fitted to the rest; then fit to all."""
    training_device(order.device)  # what is missing is told before anything is fitted
    settled = order.settled if isinstance(order.settled, BlendSettings) else None
    own = replace(order, start=None, settled=None, lengths=())
    try:
        split = validation_split(log, aim=order.aim, seed=order.seed)
    except InputError:
        return _halves(log, own, seeds=seeds, there=halves).blended(EVEN)
    begin = 1 / (1 + seeds)
    trial = _halves(split.training, _within(own, 0.0, begin), seeds=1)
    gate, validation = best_gate(split, trial, settled=None if settled is None else settled.gate)
    whole = _halves(log, _within(own, begin, 1.0), seeds=seeds, there=halves).blended(gate)
    return replace(whole, validation=validation)


def _halves(
    log: WatchLog, order: FitOrder, *, seeds: int, there: Sequence[FittedHead] = ()
) -> Halves:
    """Fit both heads, half of the dimensions each, or take what is there."""
    first = order.dimension // 2
    linear = replace(_within(order, 0.0, 0.1), dimension=order.dimension - first)
    timescales = replace(_within(order, 0.1, 1.0), dimension=first)
    found = {head_of(each.settings): each for each in there}
    return Halves.of(
        log,
        linear=_linear_at(log, linear, found.get("linear")),
        timescales=found.get("timescales") or fit_head(log, "timescales", timescales, seeds=seeds),
    )


def _linear_at(log: WatchLog, order: FitOrder, found: FittedHead | None) -> FittedHead:
    """Return head C at the length of the order, with the settings of one that is there."""
    if found is None or not isinstance(found.settings, LinearSettings):
        return fit_head(log, "linear", order)
    if len(found.table.rows) == order.dimension:
        return found
    tuned = LinearTuned(settings=found.settings, dimension=order.dimension, validation=None)
    with _one_thread():
        return _linear_rows(log, order, tuned)


def _within(order: FitOrder, begin: float, end: float) -> FitOrder:
    """Return an order whose progress is a part of the whole."""

    def within(what: str, done: float) -> None:
        order.progress(what, begin + (end - begin) * done)

    return replace(order, progress=within)


def no_linear(*, dimension: int) -> str:
    """Return why head ``linear`` cannot be fitted, or nothing."""
    if dimension < _LEAST_LINEAR:
        return f"it needs {_LEAST_LINEAR} dimensions, the last of which weighs a title's viewings"
    return ""


def _linear(log: WatchLog, order: FitOrder) -> FittedHead:
    if why := no_linear(dimension=order.dimension):
        raise InputError(
            f"head linear: {why}", hint="choose --head foldin, which has no such limit"
        )
    return _linear_rows(log, order, tune_linear(log, order))


def _linear_rows(log: WatchLog, order: FitOrder, tuned: LinearTuned) -> FittedHead:
    settings, start = tuned.settings, order.start
    order.progress("Fitting embeddings", 0.95)
    rows = fit_rows(co_viewings(log), settings, dimension=tuned.dimension)
    if start is not None and settings == order.settled:
        viewings = np.bincount(log.items, minlength=len(log.titles))
        near = held_near(rows[:, :-1], start[:, :-1], viewings)
        rows = np.column_stack([near, rows[:, -1]])
    table = ItemTable.of(with_room_for_known(with_cold_rows(log, rows, seed=order.seed)))
    return FittedHead(
        table=table,
        bias=_bias(log, table, settings),
        settings=settings,
        validation=tuned.validation,
    )


def _foldin(log: WatchLog, order: FitOrder) -> FittedHead:
    tuned = tune(log, order)
    order.progress("Fitting embeddings", 0.78)
    start, settled = order.start, order.settled
    factors = order.engine.fit(
        log,
        alpha=tuned.fit_alpha,
        regularization=tuned.fit_regularization,
        dimension=order.dimension,
        seed=order.seed,
        start=start,
    )
    if start is not None and isinstance(settled, FoldinTuned) and _as_before(tuned, settled):
        viewings = np.bincount(log.items, minlength=len(log.titles))
        factors = held_near(factors, start, viewings)
    order.progress("Placing titles nobody watched", 0.85)
    table = ItemTable.of(with_cold_rows(log, factors, seed=order.seed))
    return FittedHead(
        table=table,
        bias=_bias(log, table, tuned.foldin),
        settings=tuned.foldin,
        validation=tuned.validation,
        tuned=tuned,
    )


def _as_before(tuned: FoldinTuned, settled: FoldinTuned) -> bool:
    """Whether embeddings are fitted as those before: else they are of another length."""
    return (tuned.fit_alpha, tuned.fit_regularization) == (
        settled.fit_alpha,
        settled.fit_regularization,
    )


def _bias(log: WatchLog, table: ItemTable, settings: HeadSettings) -> NDArray[np.float32]:
    """Return [N] log popularity, scaled to what scores are like."""
    score = scorer_of(table, np.zeros(len(log.titles)), settings)
    best = [float(score(history).max()) for history in some_histories(log)]
    unit = max(float(np.median(best)), float(np.finfo(np.float32).tiny))
    return (_POPULARITY_FRACTION * unit * log_popularity(log)).astype(np.float32)
