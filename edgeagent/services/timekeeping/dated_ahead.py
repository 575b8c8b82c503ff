"""Correct viewings that a fast clock has dated in the future.

Such viewings would never age. They were certainly watched before the box first noticed that their
date is ahead of its clock, so that moment becomes their date. A clock that was set back by mistake
makes correct dates look ahead; so dates change only after
:data:`~edgeagent.services.timekeeping.aging.GRACE_SECONDS` of on-time, and never while the clock is
certainly wrong.
"""

from __future__ import annotations

import msgspec

from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.aging import GRACE_SECONDS
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.timekeeping.on_time import OnTime
from edgeagent.store import Home

__all__ = ["Ahead"]

_STATE_NAME = "ahead"
_CAP_BYTES = 4096


class _Seen(KeptMessage, frozen=True, kw_only=True):
    """When viewings were first noticed ahead of the clock; both 0: there are none."""

    at: Seconds = 0
    """The clock at that moment, seconds UTC."""
    on_seconds: Seconds = 0
    """The on-time at that moment."""


class Ahead:
    """Finds viewings dated in the future."""

    def __init__(self, home: Home, *, clock: DeviceClock, on_time: OnTime) -> None:
        """Check the history of ``home``; when they were noticed is stored in its ledger."""
        self._home = home
        self._clock = clock
        self._on_time = on_time
        self._states = StateStore(home.ledger, _STATE_NAME, _Seen, cap_bytes=_CAP_BYTES)

    def put_back(self) -> int:
        """Correct the dates that have been ahead for long enough; return how many.

        Raises:
            DiskFull: nothing was changed.

        """
        now, on_seconds, seen = self._clock.now(), self._on_time.seconds(), self._states.load()
        newest = self._home.history.newest()
        if newest is None or newest <= now or self._clock.is_behind():
            self._note(seen, _Seen())
            return 0
        # An observation made under a later clock than the present one is void.
        if not seen.at or seen.at > now:
            self._note(seen, _Seen(at=now, on_seconds=on_seconds))
            return 0
        if on_seconds - seen.on_seconds < GRACE_SECONDS:
            return 0
        moved = self._home.history.put_back(after=now, to=seen.at)
        self._note(seen, _Seen())
        return moved

    def _note(self, seen: _Seen, news: _Seen) -> None:
        if seen != news:
            fields = msgspec.structs.asdict(news)
            self._states.update(**fields)
