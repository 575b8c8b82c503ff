"""Close a reporting week: count its sessions, bound and randomise, book it, queue the bytes.

The order matters. First everything that does not depend on the household's history decides whether
there is a report at all (ledger, clock, task, grants, segmenter); only then is the history opened,
and from there on every failure counts as an empty week *through* the randomiser. Whether a box
reports therefore tells nothing about what was watched.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from edgeagent.clock import iso_utc, week_of, week_start
from edgeagent.consent import Purpose
from edgeagent.messages import ReportTask, encode_report
from edgeagent.privacy.accounting import SPACING_WEEKS
from edgeagent.privacy.discrete_laplace import CLIP
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.release import release
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource
from edgeagent.services.closed_week import WeekCounter
from edgeagent.services.report_conditions import NoReport, ReportConditions
from edgeagent.services.report_rules import SEND_WINDOW_SECONDS, ReportRules

__all__ = ["Reporter", "WeekClosing"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekClosing:
    """What closing came to."""

    outcome: Literal["drawn", "already_closed", "silent"]
    week: int | None
    """The reporting week it was about, where there is one."""
    reason: str


class Reporter:
    """Draws at most one report for each reporting week."""

    def __init__(
        self,
        counter: WeekCounter,
        *,
        random: RandomSource,
        rules: ReportRules,
    ) -> None:
        """Draw from what ``counter`` counts and book in the ledger of its home."""
        self._counter = counter
        self._ledger = counter.home.ledger
        self._clock = counter.clock
        self._random = random
        self._rules = rules
        self._conditions = ReportConditions(
            home=counter.home,
            gate=counter.gate,
            installations=counter.installations,
            clock=counter.clock,
            rules=rules,
        )

    def close_week(self) -> WeekClosing:
        """Close the latest ended reporting week, if it is time; safe to call at any time.

        Returns:
            ``drawn`` when a report was booked and queued, ``already_closed`` when it had been,
            ``silent`` with the reason when there is none. No reason depends on the history.

        """
        closing = self._close_week()
        level = logging.DEBUG if closing.outcome == "already_closed" else logging.INFO
        _log.log(level, "week %s: %s %s", closing.week, closing.outcome, closing.reason)
        return closing

    def _close_week(self) -> WeekClosing:
        week: int | None = None
        try:
            self._conditions.require_box()
            week = self._latest_reporting_week()
            self._conditions.require_spoken(week)
            self._mark_missed(week)
            profiles = self._counter.profiles(week, Purpose.HISTORY, Purpose.REPORTING)
            task = self._conditions.require_week(week, profiles)
        except NoReport as no:
            return WeekClosing(outcome="silent", week=week, reason=str(no))
        if week in self._ledger.closed_weeks():
            return WeekClosing(outcome="already_closed", week=week, reason="")
        self._draw(week, task=task, profiles=profiles)
        return WeekClosing(outcome="drawn", week=week, reason="")

    def _latest_reporting_week(self) -> int:
        last_ended = week_of(self._clock.now()) - 1
        return last_ended - (last_ended - self._ledger.genesis.phase) % SPACING_WEEKS

    def _mark_missed(self, latest: int) -> None:
        """Book reporting weeks that passed unclosed, so that they are never drawn later."""
        first = self._ledger.first_reportable_week(now=self._clock.now())
        closed = self._ledger.closed_weeks()
        week = latest - SPACING_WEEKS
        while week >= first and week not in closed:
            self._ledger.mark_missed(
                week, reason="off, or not allowed, in grace", at=self._clock.now()
            )
            week -= SPACING_WEEKS

    def _draw(self, week: int, *, task: ReportTask, profiles: tuple[str, ...]) -> None:
        randomizer = randomizer_for(task)
        counts = self._count_sessions(week, task=task, profiles=profiles)
        noisy = randomizer.privatize(randomizer.bound(counts, self._random), self._random)
        report = release(noisy, task=task, week=week, random=self._random)
        now = self._clock.now()
        self._ledger.book(
            week=week,
            odds=task.odds,
            report_id=report.report_id,
            task=task.name,
            body=encode_report(report),
            drawn_at=now,
            due_at=now + self._random.below(SEND_WINDOW_SECONDS),
            recipient=self._rules.recipient,
            meaning=_meaning(week, task),
        )

    def _count_sessions(
        self, week: int, *, task: ReportTask, profiles: tuple[str, ...]
    ) -> SegmentCounts:
        try:
            return self._counter.count(week, task=task, profiles=profiles)
        except Exception:  # noqa: BLE001
            # Failing here would make silence depend on the history; the noise hides an empty week.
            return SegmentCounts.of((), categories=task.categories)


def _meaning(week: int, task: ReportTask) -> str:
    start = iso_utc(week_start(week))[:10]
    done = {
        "subset_selection": f"One viewing session of the week from {start} was drawn and its "
        "segment randomised.",
        "discrete_laplace": f"At most {CLIP} viewing sessions of the week from {start} were "
        "counted by segment, and noise was added to every count.",
    }[task.mechanism]
    return (
        f"{done} Whatever was watched, no answer is more than {task.odds} times as likely as it "
        "would have been after any other week, an empty one included."
    )
