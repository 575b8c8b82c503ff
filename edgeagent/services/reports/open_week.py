"""A reporting week whose count has begun: counted once, then randomised and booked.

Everything an observer can see is fixed before the history is opened: that there is a report, when
it was drawn and when it is due. Counting changes only the counts, which are those of an empty week
until it is done. The caller that opened the week books it at a fixed moment.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from edgeagent.clock import iso_utc, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import PolicyError, StorageError
from edgeagent.messages import ReportTask, encode_report
from edgeagent.privacy.discrete_laplace import CLIP
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.release import release
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource
from edgeagent.services.reports.count_week import WeekCounter
from edgeagent.services.reports.named_tasks import NamedTasks
from edgeagent.services.timekeeping.on_time import OnTime
from edgeagent.services.upkeep.count_health import DIED, LATE, CountHealthStore
from edgeagent.store import CALLED_OFF, CountBegun

__all__ = ["OpenWeek", "WeekClosing"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekClosing:
    """The outcome of closing a week."""

    outcome: Literal["drawn", "already_closed", "silent"]
    week: int | None
    """The reporting week, if there is one."""
    reason: str

    def logged(self) -> WeekClosing:
        """Log it and return it."""
        level = logging.DEBUG if self.outcome == "already_closed" else logging.INFO
        _log.log(level, "week %s: %s %s", self.week, self.outcome, self.reason)
        return self


@dataclass(slots=True, kw_only=True)
class OpenWeek:
    """One week between the record that its count began and its booking."""

    week: int
    task: ReportTask
    profiles: tuple[str, ...]
    begun: CountBegun
    counter: WeekCounter
    random: RandomSource
    recipient: str
    _counts: SegmentCounts | None = None
    _failure: str = LATE

    @property
    def counts(self) -> SegmentCounts:
        """The counts; those of an empty week until counting is done."""
        return self._counts or SegmentCounts.of((), categories=self.task.categories)

    def count(self) -> None:
        """Count the week, unless a count was begun before; any failure leaves an empty week.

        Any other handling would make a missing report depend on the history; the noise hides that
        the week counts as empty.
        """
        if self.begun.again:
            self._failure = DIED
            return
        try:
            sessions = self.counter.sessions(self.week, task=self.task, profiles=self.profiles)
            self._counts = self.counter.count(sessions, task=self.task, random=self.random)
        except Exception as error:  # noqa: BLE001  (any failure: see docstring)
            # Only the class name: the message might quote what was watched.
            self._failure = type(error).__name__

    def book(self) -> WeekClosing:
        """Randomise the counts so far, book the report and queue its bytes.

        If anything was deleted or withdrawn since the count began, whatever it affected, or a
        consent lapsed, the week is closed without a report.

        Raises:
            PolicyError: a compiled limit would be exceeded.
            LedgerBroken, DiskFull: nothing was booked; when retried, the week counts as "none".

        """
        ledger = self.counter.box.home.ledger
        failure = self._failure if self._counts is None else None
        randomizer = randomizer_for(self.task)
        noisy = randomizer.privatize(randomizer.bound(self.counts, self.random), self.random)
        report = release(noisy, task=self.task, week=self.week, random=self.random)
        try:
            booked = ledger.book(
                week=self.week,
                odds=self.task.odds,
                report_id=report.report_id,
                task=self.task.name,
                body=encode_report(report),
                drawn_at=self.begun.begun_at,
                due_at=self.begun.due_at,
                recipient=self.recipient,
                meaning=_meaning(self.week, self.task),
                still=self._still,
            )
        except PolicyError:
            if self.week not in ledger.closed_weeks():
                raise
            # Another process began earlier and has booked the week.
            return WeekClosing(outcome="already_closed", week=self.week, reason="").logged()
        if not booked:
            return WeekClosing(outcome="silent", week=self.week, reason=CALLED_OFF).logged()
        with suppress(StorageError):  # the booking stands even if these notes fail
            CountHealthStore(ledger).note(failure, at=self.counter.box.clock.now())
            OnTime(ledger, clock=self.counter.box.clock).note()
            NamedTasks(ledger, self.counter.installations).keep(self.task)
        return WeekClosing(outcome="drawn", week=self.week, reason="").logged()

    def _still(self) -> bool:
        """Return whether nothing changed since the count began; asked while booking."""
        last_deletion = self.counter.box.home.ledger.deletions.last()
        purposes = (Purpose.HISTORY, Purpose.REPORTING)
        return (
            last_deletion < self.begun.seq
            and self.counter.profiles(self.week, *purposes) == self.profiles
        )


def _meaning(week: int, task: ReportTask) -> str:
    start = iso_utc(week_start(week))[:10]
    told = "segment" if task.scheme == "segment" else "group of segments and part of the day"
    done = {
        "subset_selection": f"One viewing session of the week from {start} was drawn and its "
        f"{told} randomised.",
        "discrete_laplace": f"At most {CLIP} viewing sessions of the week from {start} were "
        f"counted by {told}, and noise was added to every count.",
    }[task.mechanism]
    return (
        f"{done} Whatever was watched, no answer is more than {task.odds} times as likely as it "
        "would have been after any other week, an empty one included."
    )
