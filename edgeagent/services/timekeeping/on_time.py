"""On-time: how long the box has been switched on, summed over boots. Nobody can set it.

A clock may leap a quarter in a second, and a replayed timestamp may agree with it. So between two
draws the box must also have been on for a minimum time. The sum is stored in the ledger database.
It is written rarely; a power cut loses what was not written yet, so the sum is never too large.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from edgeagent.clock import HOUR_SECONDS
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import LedgerStore

__all__ = ["ON_SECONDS_BETWEEN_DRAWS", "OnTime"]

ON_SECONDS_BETWEEN_DRAWS = SPACING_WEEKS * 7 * HOUR_SECONDS
"""91 hours: one for each day of the 13 weeks; a box that is used at all is on for that long."""
_NOTE_SECONDS = 6 * HOUR_SECONDS
"""At most four small writes a day, to spare the flash."""
_FIRST_NOTE_SECONDS = HOUR_SECONDS
"""The first write of a boot is earlier, so that a box that is on for one evening counts too."""
_LAST_NOTE_SECONDS = 600
"""A process that stops stores the sum if at least ten minutes are missing from it."""
_STATE_NAME = "on_time"
_CAP_BYTES = 4096
_NONE_DRAWN = -1


class _Noted(KeptMessage, frozen=True, kw_only=True):
    """The last stored state."""

    boot_id: str = ""
    boot_seconds: Seconds = 0
    on_seconds: Seconds = 0
    """The sum over all boots up to then."""
    drawn_week: Annotated[int, Meta(ge=_NONE_DRAWN)] = _NONE_DRAWN
    """The latest reporting week that was drawn."""
    drawn_on_seconds: Seconds = 0
    """The sum when that draw was stored."""


class OnTime:
    """Sums boot time over boots."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock) -> None:
        """Store the sum in ``ledger``."""
        self._ledger = ledger
        self._clock = clock
        self._states = StateStore(ledger, _STATE_NAME, _Noted, cap_bytes=_CAP_BYTES)

    def seconds(self) -> int:
        """Return the minimum time the box has been on since this ledger began, in seconds."""
        return self._summed(self._states.load())

    def seconds_since_draw(self) -> int:
        """Return the seconds it was on since the last draw, or since the ledger began."""
        noted = self._states.load()
        if noted.drawn_week != self._last_drawn():
            return 0  # a draw that is not stored here yet counts as just now
        return self._summed(noted) - noted.drawn_on_seconds

    def begin(self) -> None:
        """Store the beginning of the sum, if nothing was stored yet.

        Raises:
            DiskFull: nothing was noted.

        """
        if not self._states.load().boot_id:
            self._states.change(self._now)

    def note(self, *, stopping: bool = False) -> None:
        """Store the sum if it is due: at most every six hours, and after a draw.

        Args:
            stopping: the process is about to end.

        Raises:
            DiskFull: nothing was noted.

        """
        if self._is_due(self._states.load(), stopping=stopping):
            self._states.change(self._now)

    def _is_due(self, noted: _Noted, *, stopping: bool) -> bool:
        if not noted.boot_id or noted.drawn_week != self._last_drawn():
            return True
        enough = _NOTE_SECONDS if self._is_this_boot(noted) else _FIRST_NOTE_SECONDS
        new_seconds = self._summed(noted) - noted.on_seconds
        return new_seconds >= (_LAST_NOTE_SECONDS if stopping else enough)

    def _now(self, noted: _Noted) -> _Noted:
        on_seconds, drawn_week = self._summed(noted), self._last_drawn()
        noted = msgspec.structs.replace(
            noted,
            boot_id=self._clock.boot_id(),
            boot_seconds=int(self._clock.boot_seconds()),
            on_seconds=on_seconds,
        )
        if drawn_week == noted.drawn_week:
            return noted
        return msgspec.structs.replace(noted, drawn_week=drawn_week, drawn_on_seconds=on_seconds)

    def _summed(self, noted: _Noted) -> int:
        if not noted.boot_id:
            return 0
        since = noted.boot_seconds if self._is_this_boot(noted) else 0
        return noted.on_seconds + int(self._clock.boot_seconds()) - since

    def _is_this_boot(self, noted: _Noted) -> bool:
        """Return whether it was stored in this boot; a sandbox may give every boot the same id."""
        is_later = noted.boot_seconds <= int(self._clock.boot_seconds())
        return noted.boot_id == self._clock.boot_id() and is_later

    def _last_drawn(self) -> int:
        drawn = (entry.week for entry in self._ledger.entries() if entry.entry == "drawn")
        return max(drawn, default=_NONE_DRAWN)
