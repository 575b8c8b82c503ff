"""The clock as a seam, and the calendar units that cross the wire: the UTC week and its quarter.

All times inside edgeagent are whole seconds since 1970-01-01T00:00:00Z, called ``*_seconds`` or,
for a moment, ``now`` and ``*_at``. Anybody may set that clock. What must last a given while is
measured in boot time instead, which nobody sets and which ends with the boot.

Weeks are numbered from Monday 1969-12-29 (week 0), so that a week begins on a Monday at 00:00 UTC
wherever the box stands.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

__all__ = [
    "DAY_SECONDS",
    "HOUR_SECONDS",
    "WEEK_SECONDS",
    "Clock",
    "SystemClock",
    "boot_id_in",
    "iso_utc",
    "moment_of_iso",
    "quarter_of",
    "week_of",
    "week_start",
]

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
WEEK_SECONDS = 7 * DAY_SECONDS
_MONDAY_OFFSET_SECONDS = 3 * DAY_SECONDS  # 1970-01-01 was a Thursday
_FIRST_YEAR, _QUARTERS, _MONTHS = 1970, 4, 12
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z; anybody may set it."""
        ...

    def boot_seconds(self) -> float:
        """Seconds since the box was switched on, sleep included; nobody sets it."""
        ...

    def boot_id(self) -> str:
        """Identify the boot: boot seconds compare only where this is the same."""
        ...


class SystemClock:
    """The operating system's clocks."""

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z; anybody may set it."""
        return int(time.time())

    def boot_seconds(self) -> float:
        """Seconds since the box was switched on, sleep included; nobody sets it."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        """Identify the boot: boot seconds compare only where this is the same."""
        return boot_id_in(_BOOT_ID)


def boot_id_in(file: Path) -> str:
    """Return what the kernel calls this boot; the same word for every boot where it is hidden.

    A sandbox may hide it. Boot seconds that went back then still tell of another boot.
    """
    try:
        return file.read_text("ascii").strip()
    except OSError:
        return "hidden"


def week_of(seconds: int) -> int:
    """Return the UTC week that holds this moment."""
    return (seconds + _MONDAY_OFFSET_SECONDS) // WEEK_SECONDS


def week_start(week: int) -> int:
    """Return the first second of a UTC week; ``week_start(w + 1)`` is its end."""
    return week * WEEK_SECONDS - _MONDAY_OFFSET_SECONDS


def quarter_of(week: int) -> int:
    """Return the calendar quarter in which a UTC week begins, counted from January 1970."""
    begins = datetime.fromtimestamp(week_start(week), UTC)
    return (begins.year - _FIRST_YEAR) * _QUARTERS + (begins.month - 1) * _QUARTERS // _MONTHS


def iso_utc(seconds: int) -> str:
    """Return a moment as ``2026-11-24T01:02:03Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of_iso(text: str) -> float:
    """Return seconds UTC of an ISO 8601 time; one without a zone is in UTC.

    Raises:
        ValueError: it is none, or lies in no year from 1 to 9999 in UTC.

    """
    found = datetime.fromisoformat(text)
    try:
        there = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as error:
        message = f"{text!r} is outside the calendar"
        raise ValueError(message) from error
    return there.timestamp()
