"""The clock as a seam, and the one calendar unit that crosses the wire: the UTC week.

All times inside edgeagent are whole seconds since 1970-01-01T00:00:00Z, called ``*_seconds`` or,
for a moment, ``now`` and ``*_at``. Weeks are numbered from Monday 1969-12-29 (week 0), so that a
week begins on a Monday at 00:00 UTC wherever the box stands.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = [
    "DAY_SECONDS",
    "WEEK_SECONDS",
    "Clock",
    "SystemClock",
    "iso_utc",
    "week_of",
    "week_start",
]

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
_MONDAY_OFFSET_SECONDS = 3 * DAY_SECONDS  # 1970-01-01 was a Thursday


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The operating system's wall clock."""

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        return int(time.time())


def week_of(seconds: int) -> int:
    """Return the UTC week that holds this moment."""
    return (seconds + _MONDAY_OFFSET_SECONDS) // WEEK_SECONDS


def week_start(week: int) -> int:
    """Return the first second of a UTC week; ``week_start(w + 1)`` is its end."""
    return week * WEEK_SECONDS - _MONDAY_OFFSET_SECONDS


def iso_utc(seconds: int) -> str:
    """Return a moment as ``2026-11-24T01:02:03Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
