"""How far a quarter has come: reports by week, and how many publication still takes."""

from __future__ import annotations

from math import ceil

from edgeagent.clock import iso_utc, week_of, week_start
from edgeagent.messages import Message, ReportTask
from server_stub.aggregation.aggregator import Aggregator
from server_stub.aggregation.publication import MIN_PUBLISHABLE_REPORTS, estimate_windows

__all__ = ["ReportProgress", "WeekOfReports", "progress_of"]


class WeekOfReports(Message, frozen=True, kw_only=True):
    """The reports on one week."""

    week: int
    begins: str
    """Its Monday, ISO 8601."""
    reports: int
    refused: int
    """Rows in no sum, since no box can have sent them: something writes beside the server."""
    final: bool
    """Whether the window is closed."""


class ReportProgress(Message, frozen=True, kw_only=True):
    """How many reports there are on a task, and how many it takes."""

    task: str
    quarter: int
    reports: int
    needed: int
    """For publication: enough for the rule, and for the half-width where one is stated, which
    shrinks with the root of the number of reports."""
    refused: int
    weeks: tuple[WeekOfReports, ...]
    """Those that have reports, ascending."""
    next_reports_at: str
    """When the week that runs ends, and its boxes begin to report, ISO 8601."""

    @property
    def fraction(self) -> float:
        """How far it is to publication, 0 to 1."""
        return min(1.0, self.reports / self.needed)


def progress_of(
    aggregator: Aggregator, task: ReportTask, *, now: int, half_width: float | None = None
) -> ReportProgress:
    """Count a task's reports.

    Args:
        aggregator: sums the reports.
        task: of the reports.
        now: seconds UTC.
        half_width: the precision that a publication will state, in the unit of the values.

    """
    windows = aggregator.windows(task)
    reports = sum(window.totals.reports for window in windows)
    needed = MIN_PUBLISHABLE_REPORTS
    if half_width is not None and reports:
        widest = estimate_windows(windows, task).max_half_width
        needed = max(needed, ceil(reports * (widest / half_width) ** 2))
    return ReportProgress(
        task=task.name,
        quarter=task.epoch,
        reports=reports,
        needed=needed,
        refused=sum(window.refused for window in windows),
        weeks=tuple(
            WeekOfReports(
                week=window.week,
                begins=iso_utc(week_start(window.week)),
                reports=window.totals.reports,
                refused=window.refused,
                final=window.final,
            )
            for window in windows
        ),
        next_reports_at=iso_utc(week_start(week_of(now) + 1)),
    )
