"""By which moment viewings are over age: one for showing, a more careful one for deleting.

Showing goes by the clock of the box. Deleting cannot be undone, so it goes by what is known: the
newest signed timestamp, and the time the box was on since. Where no server ever said the time, a
leap of the clock is not taken at its word: what the clock has shown for :data:`GRACE_SECONDS` of
on-time is believed.
"""

from __future__ import annotations

import msgspec

from edgeagent.clock import HOUR_SECONDS
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.timekeeping.on_time import OnTime
from edgeagent.store import LedgerStore

__all__ = ["GRACE_SECONDS", "Aging"]

GRACE_SECONDS = 48 * HOUR_SECONDS
"""Two days of a box that is never off, two weeks of evenings: long enough to see a wrong clock."""
_STATE_NAME = "aging"
_CAP_BYTES = 4096


class _Believed(KeptMessage, frozen=True, kw_only=True):
    """What is believed of the time; moments in seconds UTC, the others of on-time."""

    issued_at: Seconds = 0
    """Of the timestamp that ``known_at`` rests on."""
    known_at: Seconds = 0
    known_on_seconds: Seconds = 0
    """How long the box had been on when it was surely ``known_at``."""
    shown: Seconds = 0
    """The earliest that the clock has shown since ``shown_on_seconds``."""
    shown_on_seconds: Seconds = 0
    believed: Seconds = 0
    """What it had shown for long enough."""


class Aging:
    """Knows which moment to count ages from."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock) -> None:
        """Keep what is believed in ``ledger``."""
        self._clock = clock
        self._on_time = OnTime(ledger, clock=clock)
        self._states = StateStore(ledger, _STATE_NAME, _Believed, cap_bytes=_CAP_BYTES)

    def known(self) -> int | None:
        """Return the moment, seconds UTC, that surely has come; ``None`` while nobody said."""
        issued_at = self._clock.evidence.issued_at
        state = self._states.load()
        if not issued_at or state.issued_at != issued_at:
            return issued_at or None
        return state.known_at + self._on_time.seconds() - state.known_on_seconds

    def for_showing(self) -> int:
        """Return the moment, seconds UTC, by which nothing over age is shown or used."""
        return self._clock.now()

    def for_deleting(self) -> int:
        """Return the moment, seconds UTC, by which what is over age is deleted; 0: nothing is."""
        known = self.known()
        certain = self._states.load().believed if known is None else known
        return min(certain, self._clock.now())

    def settle(self) -> None:
        """Take in what the clock shows and what was signed; written only where that is news.

        Raises:
            DiskFull: nothing was noted.

        """
        if self._settled(self._states.load()) != self._states.load():
            self._states.change(self._settled)

    def _settled(self, state: _Believed) -> _Believed:
        on_seconds, issued_at = self._on_time.seconds(), self._clock.evidence.issued_at
        if not issued_at:
            return _shown(state, self._clock.now(), on_seconds)
        if issued_at == state.issued_at:
            return state
        carried = state.known_at + on_seconds - state.known_on_seconds
        # A publisher who dated one too late by mistake puts it right with the next.
        is_later = issued_at > state.issued_at > 0
        return msgspec.structs.replace(
            state,
            issued_at=issued_at,
            known_at=max(issued_at, carried) if is_later else issued_at,
            known_on_seconds=on_seconds,
        )


def _shown(state: _Believed, now: int, on_seconds: int) -> _Believed:
    """Return the state of a box without a server after a look at its clock."""
    if not state.shown:
        return msgspec.structs.replace(state, shown=now, shown_on_seconds=on_seconds)
    shown = min(state.shown, now)
    if on_seconds - state.shown_on_seconds < GRACE_SECONDS:
        return msgspec.structs.replace(state, shown=shown)
    return msgspec.structs.replace(state, believed=shown, shown=now, shown_on_seconds=on_seconds)
