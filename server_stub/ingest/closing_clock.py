"""The time by which windows close: a clock that leaps ahead closes nothing early.

Closing deletes reports, and a report of a closed week is refused for good, so a clock that is set
wrong must not do either. A leap is believed once it has lasted for a week; till then time goes on
from what was known before, by boot time, which nobody sets. A clock that lies behind closes
nothing by itself.
"""

from __future__ import annotations

import logging

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, Clock, iso_utc

__all__ = ["ClosingClock"]

_BELIEVED_SECONDS = WEEK_SECONDS
"""A smaller leap closes at most one window early; a server that is off for longer waits as long."""
_log = logging.getLogger(__name__)


class ClosingClock:
    """A clock whose leaps ahead are believed after a week."""

    def __init__(self, clock: Clock, *, seen_day: int | None) -> None:
        """Follow ``clock`` from the last day that was seen, in days since 1970."""
        now = clock.now()
        seen = now if seen_day is None else seen_day * DAY_SECONDS
        self._clock = clock
        self._base = now if seen <= now <= seen + _BELIEVED_SECONDS else seen
        self._since = clock.boot_seconds()
        self._leapt_at: float | None = None

    def now(self) -> int:
        """Return seconds UTC: the clock's, or without its leap while that is not believed."""
        told, running = self._clock.now(), self.boot_seconds()
        expected = self._base + int(running - self._since)
        if told <= expected + _BELIEVED_SECONDS:
            self._leapt_at = None
            return told
        if self._leapt_at is None:
            self._leapt_at = running
            _log.warning(
                "the clock leapt ahead, to %s; until it has said so for a week, no window closes "
                "after %s",
                *(iso_utc(told)[:10], iso_utc(expected)[:10]),
            )
        if running - self._leapt_at < _BELIEVED_SECONDS:
            return expected
        self._base, self._since, self._leapt_at = told, running, None
        return told

    def leap_seconds(self) -> int:
        """Return by how much the clock is ahead of what is believed; 0 while it is believed."""
        return max(0, self._clock.now() - self.now())

    def boot_seconds(self) -> float:
        """Return seconds since the machine was switched on."""
        return self._clock.boot_seconds()

    def boot_id(self) -> str:
        """Identify the boot."""
        return self._clock.boot_id()
