"""Whether a box reports on a week, as far as it may depend: never on what was watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeagent.clock import HOUR_SECONDS, iso_utc, quarter_of, week_of, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken, PolicyError
from edgeagent.messages import ReportTask
from edgeagent.messages.fields import Obstacle
from edgeagent.privacy.accounting import Debit, check_debit
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.reports.limits import ReportRules
from edgeagent.services.timekeeping.on_time import ON_SECONDS_BETWEEN_DRAWS, OnTime

__all__ = ["NoReport", "ReportConditions"]

_PURPOSES = (Purpose.HISTORY, Purpose.REPORTING)


class NoReport(Exception):
    """There is no report; why."""

    def __init__(self, obstacle: Obstacle, said: str) -> None:
        """Keep why, as a code and in words."""
        super().__init__(said)
        self.obstacle = obstacle


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConditions:
    """What has to hold before the history is opened."""

    box: BoxContext
    installations: InstallationStore
    rules: ReportRules

    def require_box(self) -> None:
        """Refuse what has nothing to do with the week.

        Raises:
            NoReport: reports are off, the ledger is broken, a database was put back, or the time
                is not known.

        """
        if not self.rules.enabled:
            raise NoReport(Obstacle.OFF, "reports are off in the settings")
        try:
            self.box.home.check()
        except LedgerBroken as error:
            raise NoReport(Obstacle.LEDGER, str(error)) from error
        if not self.box.clock.is_known():
            raise NoReport(Obstacle.TIME, "the time is not known: update first")

    def require_server(self) -> None:
        """Refuse where there is nobody to report to.

        Raises:
            NoReport: there is not.

        """
        if not self.rules.recipient:
            raise NoReport(Obstacle.SERVER, "no server is set")

    def require_spoken(self, week: int) -> None:
        """Refuse a week in which a new ledger is silent.

        Raises:
            NoReport: it is.

        """
        first = self.box.home.ledger.calendar(now=self.box.clock.now()).first_week
        if week < first:
            day = iso_utc(week_start(first))[:10]
            raise NoReport(Obstacle.SILENCE, f"a new ledger is silent until the week of {day}")

    def require_week(self, week: int, profiles: Sequence[str]) -> ReportTask:
        """Return the task for a week in which ``profiles`` take part.

        Raises:
            NoReport: the task, the limits, the consents or the segmenter are not there.

        """
        task = self.installations.load().task
        if task is None:
            raise NoReport(Obstacle.TASK, "no report task has been downloaded")
        if week < task.first_week:
            raise NoReport(Obstacle.LATER, "the task asks for later weeks only")
        self._require_permitted(week, task)
        if not profiles:
            raise NoReport(
                Obstacle.CONSENT, "history and reporting were not granted for the whole week"
            )
        if not self.installations.has_segmenter(task):
            raise NoReport(Obstacle.SEGMENTER, "the task's segmenter has not been downloaded")
        return task

    def require_on_time(self) -> None:
        """Refuse a draw while the box has not been on for long enough since the last one.

        A clock, and a server that is replayed, may run through a quarter in a minute.

        Raises:
            NoReport: it has not.

        """
        on_seconds = OnTime(self.box.home.ledger, clock=self.box.clock).seconds_since_draw()
        if on_seconds < ON_SECONDS_BETWEEN_DRAWS:
            raise NoReport(
                Obstacle.ON_TIME,
                f"switched on for {on_seconds // HOUR_SECONDS} hours since the last report, or "
                f"since the records began, of {ON_SECONDS_BETWEEN_DRAWS // HOUR_SECONDS}",
            )

    def obstacle(self, week: int) -> tuple[Obstacle, str] | None:
        """Return what stands against a report on a week that runs or comes, as things stand now."""
        try:
            self.require_box()
            self.require_server()
            self.require_spoken(week)
            self.require_week(week, self._takers(week))
            if week < week_of(self.box.clock.now()):  # the others have time to come
                self.require_on_time()
        except NoReport as no:
            return no.obstacle, str(no)
        return None

    def _takers(self, week: int) -> tuple[str, ...]:
        """Return the profiles whose consent holds now, and has since the week began."""
        now = self.box.clock.now()
        start = min(week_start(week), now)
        return self.box.gate.profiles_throughout(_PURPOSES, start=start, end=now)

    def _require_permitted(self, week: int, task: ReportTask) -> None:
        """Refuse before the history is opened what randomiser or ledger would refuse after.

        Debits of an imported ledger may lie closer than our own ever do.
        """
        ledger = self.box.home.ledger
        if week in ledger.closed_weeks():
            return
        # Of all the reports on a week none tells more by its epoch than by its week. What is asked
        # in a quarter to come is published when it comes.
        if task.epoch != quarter_of(week) and week <= week_of(self.box.clock.now()):
            raise NoReport(Obstacle.QUARTER, "the task is for another quarter")
        debit = Debit(week=week, odds=task.odds)
        try:
            randomizer_for(task)
            check_debit(ledger.debits(), debit, limits=self.rules.limits)
        except PolicyError as error:
            raise NoReport(Obstacle.LIMITS, str(error)) from error
