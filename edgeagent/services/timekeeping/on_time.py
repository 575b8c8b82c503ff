"""For how long the box has been switched on, summed over its boots: time that nobody can set.

A clock may leap a quarter in a second, and a replayed timestamp server may agree. So between two
draws the box must also have been on for a while. The sum lies in the ledger database. It is written
seldom, and what the power takes before that is missing from it: it is never too much.
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
"""91 hours: one for each day of the 13 weeks, which a box that is watched at all is on."""
_NOTE_SECONDS = 6 * HOUR_SECONDS
"""Four small writes a day at most."""
_FIRST_NOTE_SECONDS = HOUR_SECONDS
"""In a new boot the first is earlier: a television that is on for an evening counts, too."""
_LAST_NOTE_SECONDS = 600
_STATE_NAME = "on_time"
_CAP_BYTES = 4096
_NONE_DRAWN = -1


class _Noted(KeptMessage, frozen=True, kw_only=True):
    """What was last noted."""

    boot_id: str = ""
    boot_seconds: Seconds = 0
    on_seconds: Seconds = 0
    """Of all boots up to then."""
    drawn_week: Annotated[int, Meta(ge=_NONE_DRAWN)] = _NONE_DRAWN
    """The latest week that was drawn."""
    drawn_on_seconds: Seconds = 0
    """How long the box had been on when that was noted."""


class OnTime:
    """Sums up boot time."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock) -> None:
        """Keep the sum in ``ledger``."""
        self._ledger = ledger
        self._clock = clock
        self._states = StateStore(ledger, _STATE_NAME, _Noted, cap_bytes=_CAP_BYTES)

    def seconds(self) -> int:
        """Return for how long the box was on since this ledger began, at least."""
        return self._summed(self._states.load())

    def seconds_since_draw(self) -> int:
        """Return for how long it was on since the last draw, or since the ledger began."""
        noted = self._states.load()
        if noted.drawn_week != self._last_drawn():
            return 0  # just now, as far as is known
        return self._summed(noted) - noted.drawn_on_seconds

    def begin(self) -> None:
        """Note where the sum begins, if nothing ever was noted.

        Raises:
            DiskFull: nothing was noted.

        """
        if not self._states.load().boot_id:
            self._states.change(self._now)

    def note(self, *, stopping: bool = False) -> None:
        """Note the sum, if it is time: every six hours at most, and after a draw.

        Args:
            stopping: this is the last opportunity for now.

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
        """Say whether it was noted in this boot; a sandbox may call all boots the same."""
        is_later = noted.boot_seconds <= int(self._clock.boot_seconds())
        return noted.boot_id == self._clock.boot_id() and is_later

    def _last_drawn(self) -> int:
        drawn = (entry.week for entry in self._ledger.entries() if entry.entry == "drawn")
        return max(drawn, default=_NONE_DRAWN)
