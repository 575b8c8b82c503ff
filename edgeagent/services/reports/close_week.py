"""Close a reporting week: decide, note that the count begins, count, randomise, book.

The order matters. First everything that does not depend on the household's history decides whether
there is a report at all (ledger, clock, task, grants, segmenter), when it is due, and that its
count has begun; only then is the history opened, and from there on every failure, death included,
counts as an empty week *through* the randomiser. Whether a box reports, and when, therefore tells
nothing about what was watched. Whoever deletes or withdraws while the week is counted, whatever
that hits, stops it: the booking transaction asks again.
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
        """Draw from what ``counter`` counts and book in the ledger of its home."""
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
        """Close the latest ended reporting week, if it is time; safe to call at any time.

        Args:
            frame: the report is booked when its time is over.

        Returns:
            ``drawn`` when a report was booked and queued, ``already_closed`` when it had been,
            ``silent`` with the reason when there is none. No reason depends on the history.

        """
        opened = self.open_week()
        if isinstance(opened, WeekClosing):
            return opened
        frame(opened.count)
        return opened.book()

    def open_week(self) -> OpenWeek | WeekClosing:
        """Note that the count of the latest ended reporting week begins, if it is time.

        Returns:
            The week, to be counted, and booked ``COUNT_SECONDS`` later; or why there is none.

        Raises:
            LedgerBroken, DiskFull: nothing was noted.

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
        """Say why a week was missed, if it was; one that may have lost viewings is missed now.

        By dates alone: it would count fewer sessions than there were, or none.
        """
        now = self._clock.now()
        whole_from = self._retention.whole_from(now + COUNT_SECONDS)
        if whole_from > week_start(week) and week not in self._ledger.closed_weeks():
            self._ledger.mark_missed(week, reason="its viewings may be deleted by now", at=now)
        missed = {e.week: e.reason for e in self._ledger.entries() if e.entry == "missed"}
        return missed.get(week)

    def _latest_reporting_week(self) -> int:
        now = self._clock.now()
        return self._ledger.calendar(now=now).latest_ended(now)

    def _mark_missed(self, latest: int) -> None:
        """Book reporting weeks that passed unclosed, so that they are never drawn later."""
        now, closed = self._clock.now(), self._ledger.closed_weeks()
        for week in self._ledger.calendar(now=now).unclosed_before(latest, closed=closed):
            self._ledger.mark_missed(week, reason="off, or not allowed, in grace", at=now)
