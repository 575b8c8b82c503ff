"""Fill a directory: repository, store and files to plan with, as after half a year.

Reports are drawn in batches whose distribution is that of boxes
(:mod:`edgeagent.privacy.batches`). Those of open windows go through the store's own door. Windows
whose grace is over get their sums alone, which is all that a server has left of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from edgeagent.clock import WEEK_SECONDS, quarter_of, week_of, week_start
from edgeagent.errors import InputError
from edgeagent.messages import Report, ReportTask
from edgeagent.privacy.batches import Reports, draw_reports, totals_of
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.demo.audience import shares_of
from server_stub.demo.plan_files import write_plan_files
from server_stub.demo.repository_files import write_repository
from server_stub.distribution.published_tasks import published_tasks
from server_stub.ingest.admission import DEFAULT_GRACE_WEEKS
from server_stub.ingest.store import ReportStore, open_for_closing
from server_stub.ingest.windows import write_sums

__all__ = ["DEMO_WEEKS", "REPOSITORY_NAME", "STORE_NAME", "make_demo"]

DEMO_WEEKS = 26
REPOSITORY_NAME, STORE_NAME = "repository", "reports.db"
_BATCH = 10_000
_ID_DIGITS = 32


def make_demo(
    directory: Path,
    *,
    now: int,
    reports: int,
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> None:
    """Make a filled server of the 26 weeks that ended last.

    Args:
        directory: must not exist; it appears when everything is in it.
        now: seconds UTC.
        reports: of each week.
        seed: makes the same reports again.
        advance: called after each week.

    Raises:
        InputError: the directory exists.
        StorageError: it cannot be written.

    """
    if directory.exists():
        raise InputError(f"{directory} exists", hint="give the name of a new directory")
    beside = directory.with_name(f".{directory.name}.unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        _fill(beside, now=now, reports=reports, seed=seed, advance=advance)
        beside.rename(directory)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _fill(
    directory: Path, *, now: int, reports: int, seed: int, advance: Callable[[], None]
) -> None:
    weeks = range(week_of(now) - DEMO_WEEKS, week_of(now))
    write_repository(directory / REPOSITORY_NAME, weeks, now=now, seed=seed)
    write_plan_files(directory, now=now)
    tasks = {task.epoch: task for task in published_tasks(directory / REPOSITORY_NAME)}
    store = directory / STORE_NAME
    ReportStore(store).close()
    for week, shares in zip(weeks, shares_of(weeks), strict=True):
        task = tasks[quarter_of(week)]
        generator = np.random.default_rng([seed, week])
        sessions = generator.choice(len(shares), size=reports, p=shares)
        drawn = draw_reports(randomizer_for(task), sessions, generator)
        if week_start(week + 1) + DEFAULT_GRACE_WEEKS * WEEK_SECONDS < now:
            with open_for_closing(store) as connection:
                write_sums(connection, task.name, week, totals_of(drawn))
        else:
            with closing(ReportStore(store)) as opened:
                for batch in _batches(task, week, drawn, generator):
                    opened.add(batch)
        advance()


def _batches(
    task: ReportTask, week: int, drawn: Reports, generator: np.random.Generator
) -> Iterator[list[Report]]:
    """Yield reports in the order of their ids, in which a store takes them fastest."""
    text = generator.bytes(len(drawn) * _ID_DIGITS // 2).hex()
    ids = sorted(text[at : at + _ID_DIGITS] for at in range(0, len(text), _ID_DIGITS))
    for begin in range(0, len(ids), _BATCH):
        rows = drawn[begin : begin + _BATCH].astype(np.int8).tolist()
        yield [
            Report(report_id=name, task=task.name, week=week, counts=tuple(row))
            for name, row in zip(ids[begin : begin + _BATCH], rows, strict=True)
        ]
