"""Run a fleet: batches on several processors, sums, and what they say beside the truth."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from math import fsum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.estimation import Estimate, Totals
from edgeagent.privacy.randomizers import Randomizer
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.fleet.attacks import effect_of
from edgeagent.simulator.fleet.batch import BatchSums, FleetBatch, batches_of, run_batch
from edgeagent.simulator.fleet.checkpoint import FleetProgress, resume, save
from edgeagent.simulator.fleet.outcome import FleetCost, FleetOutcome, FleetWindow
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.fleet.tastes import Tastes

__all__ = ["box_windows", "run_fleet"]

_Done = tuple[FleetBatch, BatchSums]

_ALONE = 2_000_000
"""Up to so many box-windows one process is done before others would have started: a second."""
_SAVE_EVERY = 16
"""Batches from one checkpoint to the next: a second or two."""
_AHEAD = 2
"""Batches given to each process at a time: the next is there when one is done, and no more wait."""


def box_windows(scenario: Scenario) -> int:
    """Return how many boxes are due, over all weeks of the run: the steps of its progress."""
    return sum(batch.boxes for batch in batches_of(scenario))


def run_fleet(
    scenario: Scenario,
    *,
    advance: Callable[[int], None],
    processes: int | None = None,
    checkpoint: Path | None = None,
) -> FleetOutcome:
    """Live a fleet's weeks. The result depends on the scenario alone.

    Args:
        scenario: the fleet.
        advance: called with the number of further box-windows done, :func:`box_windows` in all.
        processes: how many; by default one for each processor, and one for a small fleet.
        checkpoint: the file that holds what is finished; a run that was cut short is continued from
            it. It stays until the caller has shown the outcome and calls
            :func:`~edgeagent.simulator.fleet.checkpoint.forget`: a page takes seconds to draw, and
            the disk may be full.

    Raises:
        InputError: the server counted no report, or a process was killed.
        OutputError: the checkpoint cannot be written.
        PolicyError: there is no mechanism with these parameters.

    """
    begin = time.monotonic()
    scenario.randomizer()
    progress, note = resume(checkpoint, scenario) if checkpoint else (FleetProgress(), None)
    left = []
    for batch in batches_of(scenario):
        if progress.has(batch):
            advance(batch.boxes)
        else:
            left.append(batch)
    lived = sum(batch.boxes for batch in left)
    workers = processes or (1 if lived <= _ALONE else len(os.sched_getaffinity(0)))
    try:
        for number, (batch, sums) in enumerate(_run_all(scenario, left, workers), start=1):
            progress.add(batch, sums)
            advance(batch.boxes)
            if checkpoint and number % _SAVE_EVERY == 0:
                save(checkpoint, scenario, progress)
    finally:
        if checkpoint and progress.batches:
            save(checkpoint, scenario, progress)
    seconds = time.monotonic() - begin
    return _outcome(scenario, progress, seconds=seconds, rate=lived / seconds, note=note)


def _run_all(scenario: Scenario, batches: Iterable[FleetBatch], processes: int) -> Iterator[_Done]:
    """Yield each batch's sums when it is done, in no particular order."""
    run = partial(run_batch, scenario)
    if processes == 1:
        yield from ((batch, run(batch)) for batch in batches)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_prepare_worker) as pool:
        pending: dict[Future[BatchSums], FleetBatch] = {}
        for batch in batches:
            if len(pending) >= _AHEAD * processes:
                yield from _finished(pending)
            pending[pool.submit(run, batch)] = batch
        while pending:
            yield from _finished(pending)


def _finished(pending: dict[Future[BatchSums], FleetBatch]) -> Iterator[_Done]:
    for future in wait(pending, return_when=FIRST_COMPLETED).done:
        try:
            yield pending.pop(future), future.result()
        except BrokenProcessPool as error:
            raise InputError(
                "a worker process of the fleet was killed, perhaps because memory ran out",
                hint="run it again with fewer --processes: it goes on where it was",
            ) from error


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End with a parent that was killed: the pool's queue never tells a worker of its end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _outcome(
    scenario: Scenario, progress: FleetProgress, *, seconds: float, rate: float, note: str | None
) -> FleetOutcome:
    tastes, randomizer = Tastes(scenario), scenario.randomizer()
    nothing = BatchSums.none(categories=scenario.categories)
    by_week = [progress.sums(index) or nothing for index in range(scenario.weeks)]
    whole = sum(by_week, start=nothing)
    estimate = _estimate(randomizer, whole.honest + whole.poisoned)
    if estimate is None:
        raise InputError(
            f"none of {scenario.boxes} boxes reported in {scenario.weeks} weeks",
            hint="give more boxes or weeks",
        )
    weights = np.array([sums.honest.reports for sums in by_week], dtype=float)
    truth, truth_of_all = (
        _mean([tastes.truth(i, all_boxes=all_) for i in range(scenario.weeks)], weights)
        for all_ in (False, True)
    )
    effect = None
    honest = _estimate(randomizer, whole.honest)
    if scenario.poisoning is not None and honest is not None:
        effect = effect_of(
            scenario.poisoning,
            randomizer,
            honest=honest,
            all_reports=estimate,
            truth=truth,
            boxes=whole.boxes.reported,
        )
    return FleetOutcome(
        scenario=scenario,
        windows=tuple(_windows(scenario, tastes, randomizer, by_week)),
        boxes=whole.boxes,
        truth=tuple(truth.tolist()),
        truth_of_all=tuple(truth_of_all.tolist()),
        estimate=estimate,
        effect=effect,
        cost=FleetCost(
            reports_sent=estimate.reports + whole.boxes.duplicate + whole.boxes.refused,
            box_windows=whole.boxes.due,
            seconds=seconds,
            box_windows_per_second=rate,
        ),
        note=note,
    )


def _windows(
    scenario: Scenario, tastes: Tastes, randomizer: Randomizer, by_week: list[BatchSums]
) -> Iterator[FleetWindow]:
    """Yield the windows; a box spends ε when it draws, whether or not the report arrives."""
    drawn, cost, consenting = 0, epsilon(scenario.odds), scenario.boxes * tastes.consenting
    for index, sums in enumerate(by_week):
        drawn += sums.boxes.reported + sums.boxes.refused
        yield FleetWindow(
            week=scenario.first_week + index,
            boxes=sums.boxes,
            truth=tuple(tastes.truth(index).tolist()),
            truth_of_all=tuple(tastes.truth(index, all_boxes=True).tolist()),
            estimate=_estimate(randomizer, sums.honest + sums.poisoned),
            epsilon_most=(index // SPACING_WEEKS + 1) * cost,
            epsilon_mean=drawn * cost / consenting,
        )


def _estimate(randomizer: Randomizer, totals: Totals) -> Estimate | None:
    return randomizer.estimate(totals) if totals.reports else None


def _mean(rows: list[NDArray[np.float64]], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of rows, weighted; of no weight at all the plain one."""
    return np.average(rows, axis=0, weights=weights if fsum(weights) else None)
