"""The time by which viewings age: the box's clock for showing, proven time for deleting.

Deleting cannot be undone, so it uses what is proven: the newest signed timestamp plus the time the
box was on since. Where no server ever signed a time, a leap of the clock is trusted only after the
clock has shown the new time for :data:`GRACE_SECONDS` of on-time.
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
"""Two days of a box that is never off, or two weeks of evenings: long enough to notice a wrong
clock."""
_STATE_NAME = "aging"
_CAP_BYTES = 4096


class _Believed(KeptMessage, frozen=True, kw_only=True):
    """The trusted time: moments in seconds UTC, durations in seconds of on-time."""

    issued_at: Seconds = 0
    """When the timestamp behind ``known_at`` was signed."""
    known_at: Seconds = 0
    known_on_seconds: Seconds = 0
    """The on-time at ``known_at``."""
    shown: Seconds = 0
    """The earliest time the clock has shown since ``shown_on_seconds``."""
    shown_on_seconds: Seconds = 0
    believed: Seconds = 0
    """The latest time that the clock had shown for long enough to be trusted."""


class Aging:
    """Decides from which moment ages are counted."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock) -> None:
        """Store the trusted time in ``ledger``."""
        self._clock = clock
        self._on_time = OnTime(ledger, clock=clock)
        self._states = StateStore(ledger, _STATE_NAME, _Believed, cap_bytes=_CAP_BYTES)

    def known(self) -> int | None:
        """Return the proven time, seconds UTC; ``None`` while no server has signed one."""
        issued_at = self._clock.evidence.issued_at
        state = self._states.load()
        if not issued_at or state.issued_at != issued_at:
            return issued_at or None
        return state.known_at + self._on_time.seconds() - state.known_on_seconds

    def for_showing(self) -> int:
        """Return the time, seconds UTC, by which ages are judged for showing and using."""
        return self._clock.now()

    def for_deleting(self) -> int:
        """Return the time, seconds UTC, by which viewings are deleted; 0: delete nothing."""
        known = self.known()
        certain = self._states.load().believed if known is None else known
        return min(certain, self._clock.now())

    def settle(self) -> None:
        """Update the trusted time from clock and timestamp; writes only if it changed.

        Raises:
            DiskFull: nothing was stored.

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
        # A publisher who dated a timestamp too late by mistake corrects that with the next one.
        is_later = issued_at > state.issued_at > 0
        return msgspec.structs.replace(
            state,
            issued_at=issued_at,
            known_at=max(issued_at, carried) if is_later else issued_at,
            known_on_seconds=on_seconds,
        )


def _shown(state: _Believed, now: int, on_seconds: int) -> _Believed:
    """Return the new state of a box without a server, from its clock."""
    if not state.shown:
        return msgspec.structs.replace(state, shown=now, shown_on_seconds=on_seconds)
    shown = min(state.shown, now)
    if on_seconds - state.shown_on_seconds < GRACE_SECONDS:
        return msgspec.structs.replace(state, shown=shown)
    return msgspec.structs.replace(state, believed=shown, shown=now, shown_on_seconds=on_seconds)
