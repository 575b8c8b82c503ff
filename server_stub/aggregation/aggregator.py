"""Sums of reports, window by window, which is all that estimation needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edgeagent.messages import ReportTask
from edgeagent.privacy.estimation import Totals

__all__ = ["Aggregator", "WindowSums"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSums:
    """The sums of one task's reports on one week."""

    week: int
    totals: Totals
    final: bool = False
    """Whether the window is closed, so that the sums do not change any more."""
    refused: int = 0
    """Rows that the task's mechanism cannot produce, which are in no sum: a server refuses such
    reports, so something else has written them."""

    def __add__(self, other: WindowSums) -> WindowSums:
        """Return the sums of both, which are of one week."""
        return WindowSums(
            week=self.week,
            totals=self.totals + other.totals,
            final=self.final and other.final,
            refused=self.refused + other.refused,
        )


class Aggregator(Protocol):
    """Sums reports; every implementation gives the same sums.

    Each report counts once, however often and by however many servers it was taken: reports are
    told apart by ``report_id``. Where one id stands over two different reports, one of them counts.
    """

    @abstractmethod
    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        """Sum the reports on a task, each of its weeks by itself, ascending.

        Args:
            task: of the reports.
            weeks: sum these weeks only; empty: all.

        Raises:
            InputError: there is nothing to read, or it is not what reports are kept in.
            StorageError: it cannot be read.

        """
        ...

    def weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks that have reports on ``task``, ascending."""
        return tuple(window.week for window in self.windows(task))

    def closed_weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks whose sums do not change any more, ascending."""
        return tuple(window.week for window in self.windows(task) if window.final)

    def totals(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> Totals:
        """Sum the reports on ``task`` of the given weeks; of all weeks if none is given."""
        found = (window.totals for window in self.windows(task, weeks=weeks))
        return sum(found, start=Totals.none(categories=task.categories))
