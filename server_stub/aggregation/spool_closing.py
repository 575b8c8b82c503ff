"""Close the windows of a spool: sums are kept, and the reports of all servers are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS, Clock, week_start
from edgeagent.errors import InputError
from edgeagent.messages import ReportTask
from edgeagent.privacy.estimation import Totals
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.aggregation.spool import Spool
from server_stub.ingest.windows import ClosedWindow

__all__ = ["close_spool"]

_SETTLING_SECONDS = 2 * HOUR_SECONDS
"""Servers close a window within the hour, and copy what they have of it then."""


def close_spool(
    spool: Spool,
    aggregator: Aggregator,
    tasks: Sequence[ReportTask],
    *,
    clock: Clock,
    grace_weeks: int,
) -> tuple[ClosedWindow, ...]:
    """Close every window whose grace is over for all servers, and finish those that were begun.

    A kill loses and doubles nothing: sums stand for reports from the moment they are on disk, and
    the next call deletes what is left of these.

    Args:
        spool: servers may be writing to it.
        aggregator: sums the spool.
        tasks: of the reports.
        clock: says what is over.
        grace_weeks: how long after its week a server accepts a report.

    Raises:
        OutputError: the spool cannot be written.
        InputError: the aggregator cannot sum it, or a window that is over is of a task that is not
            among those given; all others are closed.
        StorageError: the same.

    """
    over = clock.now() - grace_weeks * WEEK_SECONDS - _SETTLING_SECONDS
    known = {task.name: task for task in tasks}
    closed, unknown = [], []
    for name in spool.tasks():
        for week in sorted(spool.open_files(name)):
            if spool.is_closed(name, week):
                spool.delete_reports(name, week)
            elif week_start(week + 1) > over:
                continue
            elif name not in known:
                unknown.append(name)
            else:
                sums = _sums(aggregator, known[name], week)
                spool.close(name, sums)
                closed.append(ClosedWindow(task=name, week=week, reports=sums.totals.reports))
    spool.delete_scratch(older_than=clock.now() - DAY_SECONDS)
    if unknown:
        raise InputError(
            f"windows of {unknown[0]} are over and cannot be summed: the task is not known here",
            hint="give the repository that publishes the task",
        )
    return tuple(closed)


def _sums(aggregator: Aggregator, task: ReportTask, week: int) -> WindowSums:
    found = aggregator.windows(task, weeks=(week,))
    nothing = Totals.none(categories=task.categories)  # files without a row
    return (
        replace(found[0], final=True)
        if found
        else WindowSums(week=week, totals=nothing, final=True)
    )
