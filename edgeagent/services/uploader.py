"""Send what is due: the same bytes at every try, at most three tries a day, for 13 weeks."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken, NetworkError
from edgeagent.network.transport import Answer, Transport
from edgeagent.randomness import RandomSource
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.device_clock import DeviceClock
from edgeagent.store import LedgerStore, OutboxEntry

__all__ = ["GRACE_SECONDS", "Sending", "Uploader"]

GRACE_SECONDS = 13 * WEEK_SECONDS
"""How long after its week a report is still worth sending; the server's window closes then."""

_FIRST_RETRY_SECONDS = 15 * 60
_SECOND_RETRY_SECONDS = 4 * 3600
_JITTER_SECONDS = 12 * 3600
_TRIES_A_DAY = 3
_LATER = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.INSUFFICIENT_STORAGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What became of one queued report."""

    report_id: str
    week: int
    outcome: Literal["accepted", "refused", "expired", "withdrawn", "retry"]
    detail: str


class Uploader:
    """Empties the outbox."""

    def __init__(
        self,
        ledger: LedgerStore,
        *,
        gate: ConsentGate,
        transport: Transport,
        clock: DeviceClock,
        random: RandomSource,
    ) -> None:
        """Send what ``ledger`` has queued through ``transport``."""
        self._ledger = ledger
        self._gate = gate
        self._transport = transport
        self._clock = clock
        self._random = random

    def send_reports(self) -> tuple[Sending, ...]:
        """Send every report that is due and return what became of each.

        Nothing is sent while the ledger is broken, the time unknown, or reporting withdrawn.
        """
        try:
            self._ledger.check()
        except LedgerBroken:
            return ()
        if not self._clock.is_known():
            return ()
        now = self._clock.now()
        due = [entry for entry in self._ledger.outbox() if entry.next_attempt_at <= now]
        return tuple(self._send(entry, now) for entry in due)

    def _send(self, entry: OutboxEntry, now: int) -> Sending:
        if not self._allowed():
            return self._settle(entry, "withdrawn", "reporting was withdrawn before sending")
        if now > week_start(entry.week + 1) + GRACE_SECONDS:
            return self._settle(entry, "expired", "13 weeks passed without an answer")
        # Booked before the first byte leaves: a crash loop cannot hammer the server.
        next_attempt_at = now + self._delay(entry.attempts)
        self._ledger.record_attempt(entry.report_id, at=now, next_attempt_at=next_attempt_at)
        try:
            answer = self._transport.post(entry.body)
        except NetworkError as error:
            return _retry(entry, str(error))
        return self._act_on(answer, entry, now)

    def _allowed(self) -> bool:
        return any(
            self._gate.holds(Purpose.REPORTING, profile=profile)
            for profile in self._ledger.consenting_profiles()
        )

    def _delay(self, attempts: int) -> int:
        """Return seconds to the next try: full jitter, then a day's rest after three tries."""
        within_day = attempts % _TRIES_A_DAY
        if within_day == 0:
            return 1 + self._random.below(_FIRST_RETRY_SECONDS)
        if within_day == 1:
            return 1 + self._random.below(_SECOND_RETRY_SECONDS)
        return DAY_SECONDS + self._random.below(_JITTER_SECONDS)

    def _act_on(self, answer: Answer, entry: OutboxEntry, now: int) -> Sending:
        status = answer.status
        if status == HTTPStatus.NO_CONTENT:
            return self._settle(entry, "accepted", "counted")
        if status in _LATER:
            if answer.retry_after_seconds is not None:
                at = max(now + answer.retry_after_seconds, now + 1)
                self._ledger.record_attempt(entry.report_id, at=now, next_attempt_at=at)
            return _retry(entry, f"status {status}")
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._settle(entry, "refused", f"status {status}")
        return _retry(entry, f"status {status}")

    def _settle(
        self,
        entry: OutboxEntry,
        outcome: Literal["accepted", "refused", "expired", "withdrawn"],
        detail: str,
    ) -> Sending:
        self._ledger.settle(entry.report_id, at=self._clock.now(), outcome=outcome, detail=detail)
        return Sending(report_id=entry.report_id, week=entry.week, outcome=outcome, detail=detail)


def _retry(entry: OutboxEntry, detail: str) -> Sending:
    return Sending(report_id=entry.report_id, week=entry.week, outcome="retry", detail=detail)
