"""Send due reports: the same bytes at every attempt, at most three attempts a day, for 13 weeks.

Whether the report is still allowed is checked while the request runs, so that a withdrawal by this
or another process aborts it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, LedgerBroken, NetworkError
from edgeagent.messages import decode_report
from edgeagent.messages.fields import Outcome
from edgeagent.network.transport import Response, Transport
from edgeagent.randomness import RandomSource
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.models.release_watch import CONFLICT
from edgeagent.services.reports.limits import ReportRules
from edgeagent.store import OutboxEntry, arrival

__all__ = ["GRACE_SECONDS", "Sending", "Uploader"]

GRACE_SECONDS = SPACING_WEEKS * WEEK_SECONDS
"""How long after its week a report is sent; the server accepts it no longer than that."""

_FIRST_RETRY_SECONDS = 15 * 60
_SECOND_RETRY_SECONDS = 4 * HOUR_SECONDS
_JITTER_SECONDS = 12 * HOUR_SECONDS
_TRIES_A_DAY = 3
"""Each wait is drawn at random up to these, so that boxes that a broken server turned away do not
all come back at once: soon for a short outage, hours later, then a day."""
_log = logging.getLogger(__name__)
_LATER = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.INSUFFICIENT_STORAGE,
}
"""Statuses about this moment or this connection, not about the report (RFC 9110 §15.5, RFC 8470
§5.2, RFC 6585 §4): it is retried, over a new connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The outcome for one queued report."""

    report_id: str
    week: int
    outcome: Outcome | Literal["retry"]
    detail: str


class Uploader:
    """Sends the reports of the outbox."""

    def __init__(
        self,
        box: BoxContext,
        *,
        installations: InstallationStore,
        transport: Transport,
        random: RandomSource,
        rules: ReportRules,
    ) -> None:
        """Send what ``box`` has queued through ``transport``.

        Args:
            box: whose outbox and consents.
            installations: say what the publisher has stopped.
            transport: carries the reports.
            random: draws the waits between attempts.
            rules: whether anything is sent, and to whom.

        """
        self._ledger = box.home.ledger
        self._gate = box.gate
        self._installations = installations
        self._transport = transport
        self._clock = box.clock
        self._random = random
        self._rules = rules

    def send_reports(self) -> tuple[Sending, ...]:
        """Send every report that is due and return the outcome of each.

        Nothing is sent while the ledger is broken, the repository contradicts itself, the time is
        unknown or reporting is withdrawn.
        """
        try:
            self._ledger.check()
            self._ledger.deletions.settle_owed(at=self._clock.now())
        except LedgerBroken as error:
            _log.warning("nothing is sent: %s", error)
            return ()
        if not self._clock.is_known():
            _log.info("nothing is sent: the time is not known")
            return ()
        if self._installations.load().conflict is not None:
            _log.warning("nothing is sent: %s", CONFLICT)
            return ()
        now = self._clock.now()
        due = [entry for entry in self._ledger.outbox() if entry.next_attempt_at <= now]
        sendings = tuple(self._send(entry, now) for entry in due)
        for sending in sendings:
            _log.info("report on week %d: %s (%s)", sending.week, sending.outcome, sending.detail)
        return sendings

    def _send(self, entry: OutboxEntry, now: int) -> Sending:
        against = self._against(entry, now)
        if against is not None:
            return self._settle(entry, *against)
        if decode_report(entry.body).task in self._installations.load().stopped_tasks:
            # It waits: a stop may end. The wait is no attempt, so its grace goes on.
            self._ledger.postpone(entry.report_id, until=now + DAY_SECONDS)
            return _sending(entry, "retry", "the task was stopped by its publisher")
        # Recorded before the first byte is sent, so that a crash loop cannot flood the server.
        next_attempt_at = now + self._delay(entry.attempts)
        self._ledger.record_attempt(entry.report_id, at=now, next_attempt_at=next_attempt_at)
        try:
            answer = self._transport.post(entry.body, wanted=lambda: self._wanted(entry))
        except NetworkError as error:
            if not self._wanted(entry):
                return self._settle(entry, "withdrawn", arrival(entry.attempts + 1))
            return _sending(entry, "retry", str(error))
        return self._act_on(answer, entry, now)

    def _against(self, entry: OutboxEntry, now: int) -> tuple[Outcome, str] | None:
        """Return outcome and reason if a report must not be sent any more, or ``None``."""
        if not self._rules.enabled:
            return "withdrawn", "reports are off in the settings"
        if entry.recipient.rstrip("/") != self._rules.recipient.rstrip("/"):
            drawn_for = f"it was drawn for {entry.recipient or 'none'}"
            return "other_server", f"{arrival(entry.attempts)}; {drawn_for}"
        if not self._wanted(entry):
            return "withdrawn", "reporting was withdrawn before sending"
        if now > week_start(entry.week + 1) + GRACE_SECONDS:
            return "expired", f"{SPACING_WEEKS} weeks passed without an answer"
        return None

    def _wanted(self, entry: OutboxEntry) -> bool:
        """Return whether a report still waits and reporting is still granted."""
        try:
            return any(
                entry.report_id == other.report_id for other in self._ledger.outbox()
            ) and any(
                self._gate.holds(Purpose.REPORTING, profile=profile)
                for profile in self._ledger.consenting_profiles()
            )
        except LedgerBroken:
            return False

    def _delay(self, attempts: int) -> int:
        """Return seconds to the next attempt: full jitter, and a day's pause after three."""
        within_day = attempts % _TRIES_A_DAY
        if within_day == 0:
            return 1 + self._random.below(_FIRST_RETRY_SECONDS)
        if within_day == 1:
            return 1 + self._random.below(_SECOND_RETRY_SECONDS)
        return DAY_SECONDS + self._random.below(_JITTER_SECONDS)

    def _act_on(self, answer: Response, entry: OutboxEntry, now: int) -> Sending:
        status = answer.status
        if status == HTTPStatus.NO_CONTENT:
            return self._settle(entry, "accepted", "counted")
        if status in _LATER:
            # Never earlier than our own schedule: a server cannot make a box send sooner.
            self._ledger.postpone(entry.report_id, until=now + (answer.retry_after_seconds or 0))
        elif HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._settle(entry, "refused", f"status {status}")
        return _sending(entry, "retry", f"status {status}")

    def _settle(
        self,
        entry: OutboxEntry,
        outcome: Outcome,
        detail: str,
    ) -> Sending:
        now = self._clock.now()
        try:
            self._ledger.settle(entry.report_id, at=now, outcome=outcome, detail=detail)
        except InputError:  # withdrawn meanwhile, which has removed it from the outbox
            return _sending(entry, "withdrawn", "withdrawn while it was being sent")
        return _sending(entry, outcome, detail)


def _sending(
    entry: OutboxEntry,
    outcome: Outcome | Literal["retry"],
    detail: str,
) -> Sending:
    return Sending(report_id=entry.report_id, week=entry.week, outcome=outcome, detail=detail)
