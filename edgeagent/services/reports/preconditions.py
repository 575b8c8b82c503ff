"""The conditions for a report on a week; none of them depends on the history."""

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
from edgeagent.services.models.release_watch import CONFLICT
from edgeagent.services.reports.limits import ReportRules
from edgeagent.services.timekeeping.on_time import ON_SECONDS_BETWEEN_DRAWS, OnTime

__all__ = ["NoReport", "ReportConditions"]

_PURPOSES = (Purpose.HISTORY, Purpose.REPORTING)


class NoReport(Exception):
    """There is no report, and why."""

    def __init__(self, obstacle: Obstacle, said: str) -> None:
        """Store the reason as a code and in words."""
        super().__init__(said)
        self.obstacle = obstacle


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConditions:
    """The conditions that must hold before the history is opened."""

    box: BoxContext
    installations: InstallationStore
    rules: ReportRules

    def require_box(self) -> None:
        """Check the conditions that do not depend on the week.

        Raises:
            NoReport: reports are off, the repository contradicts itself, the ledger is broken, a
                database was restored from an old copy, or the time is unknown.

        """
        if not self.rules.enabled:
            raise NoReport(Obstacle.OFF, "reports are off in the settings")
        conflict = self.installations.load().conflict
        if conflict is not None:
            raise NoReport(
                Obstacle.CONFLICT,
                f"{CONFLICT}: {conflict.reason}",
            )
        try:
            self.box.home.check()
        except LedgerBroken as error:
            raise NoReport(Obstacle.LEDGER, str(error)) from error
        if not self.box.clock.is_known():
            raise NoReport(Obstacle.TIME, "the time is not known: update first")

    def require_server(self) -> None:
        """Check that there is a server to report to.

        Raises:
            NoReport: there is none.

        """
        if not self.rules.recipient:
            raise NoReport(Obstacle.SERVER, "no server is set")

    def require_spoken(self, week: int) -> None:
        """Check that the week is after the silent period of a new ledger.

        Raises:
            NoReport: it is not.

        """
        first = self.box.home.ledger.calendar(now=self.box.clock.now()).first_week
        if week < first:
            day = iso_utc(week_start(first))[:10]
            raise NoReport(Obstacle.SILENCE, f"a new ledger is silent until the week of {day}")

    def require_week(self, week: int, profiles: Sequence[str]) -> ReportTask:
        """Return the task for a week in which ``profiles`` take part.

        Raises:
            NoReport: task, consents or segmenter are missing, or a limit forbids it.

        """
        installation = self.installations.load()
        task = installation.task
        if task is None:
            raise NoReport(Obstacle.TASK, "no report task has been downloaded")
        if task.name in installation.stopped_tasks:
            raise NoReport(Obstacle.STOPPED, "the task was stopped by its publisher")
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
        """Check that the box has been switched on for long enough since the last draw.

        A set clock together with a replayed server response could otherwise pass a quarter in a
        minute.

        Raises:
            NoReport: it has not been.

        """
        on_seconds = OnTime(self.box.home.ledger, clock=self.box.clock).seconds_since_draw()
        if on_seconds < ON_SECONDS_BETWEEN_DRAWS:
            raise NoReport(
                Obstacle.ON_TIME,
                f"switched on for {on_seconds // HOUR_SECONDS} hours since the last report, or "
                f"since the records began, of {ON_SECONDS_BETWEEN_DRAWS // HOUR_SECONDS}",
            )

    def obstacle(self, week: int) -> tuple[Obstacle, str] | None:
        """Return what prevents a report on a present or future week, as of now."""
        try:
            self.require_box()
            self.require_server()
            self.require_spoken(week)
            self.require_week(week, self._takers(week))
            if week < week_of(self.box.clock.now()):  # for later weeks there is still time
                self.require_on_time()
        except NoReport as no:
            return no.obstacle, str(no)
        return None

    def _takers(self, week: int) -> tuple[str, ...]:
        """Return the profiles that grant all purposes now and have since the week began."""
        now = self.box.clock.now()
        start = min(week_start(week), now)
        return self.box.gate.profiles_throughout(_PURPOSES, start=start, end=now)

    def _require_permitted(self, week: int, task: ReportTask) -> None:
        """Check, before the history is opened, what randomiser and ledger would refuse later.

        Debits of an imported ledger may be closer together than this box's own.
        """
        ledger = self.box.home.ledger
        if week in ledger.closed_weeks():
            return
        # The epoch must be the week's own quarter, so that it reveals no more than the week. The
        # task of a future quarter is published when that quarter comes.
        if task.epoch != quarter_of(week) and week <= week_of(self.box.clock.now()):
            raise NoReport(Obstacle.QUARTER, "the task is for another quarter")
        if task.scheme not in self.rules.schemes:
            raise NoReport(
                Obstacle.LIMITS, f"the task asks for {task.scheme}, which the settings rule out"
            )
        debit = Debit(week=week, odds=task.odds)
        try:
            randomizer_for(task)
            check_debit(ledger.debits(), debit, limits=self.rules.limits)
        except PolicyError as error:
            raise NoReport(Obstacle.LIMITS, str(error)) from error
