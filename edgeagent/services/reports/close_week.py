"""Close a reporting week: decide, note that the count begins, count, randomise, book.

The order matters. First, inputs that do not depend on the history (ledger, clock, task, grants,
segmenter) decide whether there is a report and when it is due, and it is recorded that the count
has begun. Only then is the history opened; from there on every failure, a crash included, counts as
an empty week *through* the randomiser. So whether and when a box reports reveals nothing about
viewings. A deletion or withdrawal during the count cancels the report, whatever it deletes: the
booking transaction checks again.
"""

from __future__ import annotations

from edgeagent.clock import week_start
from edgeagent.consent import Purpose
from edgeagent.randomness import RandomSource
from edgeagent.services.household.retention import Retention
from edgeagent.services.reports.count_week import WeekCounter
from edgeagent.services.reports.limits import SEND_WINDOW_SECONDS, ReportRules
from edgeagent.services.reports.open_week import OpenWeek, WeekClosing
from edgeagent.services.reports.preconditions import NoReport, ReportConditions
from edgeagent.services.timekeeping.counting_frame import COUNT_SECONDS, Frame
from edgeagent.services.timekeeping.on_time import OnTime

__all__ = ["Reporter"]


class Reporter:
    """Draws at most one report for each reporting week."""

    def __init__(
        self,
        counter: WeekCounter,
        *,
        random: RandomSource,
        rules: ReportRules,
        retention: Retention,
    ) -> None:
        """Draw from the counts of ``counter`` and book in the ledger of its home."""
        self._counter = counter
        self._ledger = counter.box.home.ledger
        self._clock = counter.box.clock
        self._on_time = OnTime(counter.box.home.ledger, clock=counter.box.clock)
        self._random = random
        self._rules = rules
        self._retention = retention
        self._conditions = ReportConditions(
            box=counter.box,
            installations=counter.installations,
            rules=rules,
        )

    def close_week(self, frame: Frame) -> WeekClosing:
        """Close the latest ended reporting week, if it is due; safe to call at any time.

        Args:
            frame: runs the count; the report is booked when the frame's time is over.

        Returns:
            ``drawn`` if a report was booked and queued, ``already_closed`` if it had been before,
            ``silent`` with the reason if there is none. No reason depends on the history.

        """
        opened = self.open_week()
        if isinstance(opened, WeekClosing):
            return opened
        frame(opened.count)
        return opened.book()

    def open_week(self) -> OpenWeek | WeekClosing:
        """Record that the count of the latest ended reporting week begins, if it is due.

        Returns:
            The week, to be counted now and booked ``COUNT_SECONDS`` later; or why there is none.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded.

        """
        week: int | None = None
        try:
            self._conditions.require_box()
            self._on_time.note()
            week = self._latest_reporting_week()
            self._conditions.require_spoken(week)
            self._mark_missed(week)
            reason = self._why_missed(week)
            if reason is not None:
                return WeekClosing(outcome="silent", week=week, reason=reason).logged()
            profiles = self._counter.profiles(week, Purpose.HISTORY, Purpose.REPORTING)
            task = self._conditions.require_week(week, profiles)
            if week in self._ledger.closed_weeks():
                return WeekClosing(outcome="already_closed", week=week, reason="").logged()
            self._conditions.require_on_time()
        except NoReport as no:
            return WeekClosing(outcome="silent", week=week, reason=str(no)).logged()
        now = self._clock.now()
        wait = COUNT_SECONDS + self._random.below(SEND_WINDOW_SECONDS - COUNT_SECONDS)
        return OpenWeek(
            week=week,
            task=task,
            profiles=profiles,
            begun=self._ledger.counts.begin(week, at=now, due_at=now + wait),
            counter=self._counter,
            random=self._random,
            recipient=self._rules.recipient,
        )

    def _why_missed(self, week: int) -> str | None:
        """Return why a week was missed; mark it now if some of its viewings may be pruned.

        Dates alone decide, not viewings. Such a week would count fewer sessions than there were.
        """
        now = self._clock.now()
        whole_from = self._retention.whole_from(now + COUNT_SECONDS)
        if whole_from > week_start(week) and week not in self._ledger.closed_weeks():
            self._ledger.mark_missed(
                week, reason="some of its viewings may have been deleted by age", at=now
            )
        missed = {e.week: e.reason for e in self._ledger.entries() if e.entry == "missed"}
        return missed.get(week)

    def _latest_reporting_week(self) -> int:
        now = self._clock.now()
        return self._ledger.calendar(now=now).latest_ended(now)

    def _mark_missed(self, latest: int) -> None:
        """Mark earlier weeks that were not closed as missed, so that they are never drawn."""
        now, closed = self._clock.now(), self._ledger.closed_weeks()
        for week in self._ledger.calendar(now=now).unclosed_before(latest, closed=closed):
            self._ledger.mark_missed(
                week, reason="the box was off, or could not report, for 13 weeks", at=now
            )
