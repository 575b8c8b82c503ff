"""What housekeeping is due, and whether now is a moment for it. Pure: it is told everything.

Every rule compares two times and holds in both directions: a clock that was set back makes a chore
due, it does not put it off until the future comes round again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edgeagent.clock import DAY_SECONDS
from edgeagent.config import ServiceConfig

__all__ = ["SPREAD_SECONDS", "Chore", "Conditions", "Schedule", "in_windows"]

_HOUR_SECONDS = 3600
_RETRY_SECONDS = _HOUR_SECONDS
"""After a failure: often enough for one evening, seldom enough for a server that is down."""
_WEEK_CLOSE_SECONDS = 6 * _HOUR_SECONDS
SPREAD_SECONDS = _HOUR_SECONDS
"""Boxes that are switched on together do not ask for updates together."""


class Chore(StrEnum):
    """What there is to do."""

    TIDY = "tidy"
    """Delete viewings whose time is over."""
    CLOSE_WEEK = "close week"
    """Draw and book the report of a reporting week that has ended."""
    SEND = "send"
    """Send reports that are due."""
    UPDATE = "update"
    """Look for a newer model, catalogue and task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How things stand outside the agent."""

    now: int
    """Seconds UTC."""
    minute_of_day: int
    """Local time."""
    awake_seconds: float
    """Since the box was switched on or woke up."""
    standby: bool
    metered: bool
    load_fraction: float
    """Of all cores, over the last minute."""
    celsius: float
    """Of the hottest sensor; 0 where there is none."""


class Schedule:
    """Remembers what was done, and says what is due."""

    def __init__(self, config: ServiceConfig, *, spread_seconds: int = 0) -> None:
        """Go by ``config``.

        Args:
            config: windows and limits.
            spread_seconds: drawn once for this start, below an hour; see ``SPREAD_SECONDS``.

        """
        self._config = config
        self._spread_seconds = min(spread_seconds, SPREAD_SECONDS)
        self._next: dict[Chore, int] = {}
        self._last: dict[Chore, int] = {}

    def due(
        self, conditions: Conditions, *, checked_at: int | None, reports_due: bool
    ) -> tuple[Chore, ...]:
        """Return what to do now, in this order.

        Args:
            conditions: how things stand.
            checked_at: when an update was last looked for, as the box remembers over restarts.
            reports_due: whether a report waits whose time has come.

        """
        found = [chore for chore in (Chore.TIDY,) if self._is_time(chore, conditions.now)]
        if self._may_work(conditions):
            if self._is_time(Chore.CLOSE_WEEK, conditions.now):
                found.append(Chore.CLOSE_WEEK)
            if self._update_due(conditions, checked_at):
                found.append(Chore.UPDATE)
        if reports_due and self._is_time(Chore.SEND, conditions.now):
            found.append(Chore.SEND)
        return tuple(found)

    def done(self, chore: Chore, now: int, *, well: bool) -> None:
        """Note that a chore was done, or failed and is to be tried again."""
        pause = {
            Chore.TIDY: DAY_SECONDS,
            Chore.CLOSE_WEEK: _WEEK_CLOSE_SECONDS,
            Chore.SEND: _HOUR_SECONDS // 4,  # the uploader has its own delays for each report
            Chore.UPDATE: self._config.update_hours * _HOUR_SECONDS,
        }[chore]
        self._last[chore] = now
        self._next[chore] = now + (pause if well else min(pause, _RETRY_SECONDS))

    def _is_time(self, chore: Chore, now: int) -> bool:
        last = self._last.get(chore)
        return last is None or now < last or now >= self._next[chore]

    def _update_due(self, conditions: Conditions, checked_at: int | None) -> bool:
        if conditions.metered or not self._is_time(Chore.UPDATE, conditions.now):
            return False
        if checked_at is None or conditions.now < checked_at:
            return True
        interval = self._config.update_hours * _HOUR_SECONDS + self._spread_seconds
        return conditions.now >= checked_at + interval

    def _may_work(self, conditions: Conditions) -> bool:
        config = self._config
        return (
            conditions.awake_seconds >= config.wake_grace_seconds
            and conditions.load_fraction <= config.max_load_fraction
            and conditions.celsius <= config.max_celsius
            and (conditions.standby or config.standby_file is None)
            and in_windows(conditions.minute_of_day, config.work_windows)
        )


def in_windows(minute: int, windows: tuple[str, ...]) -> bool:
    """Say whether a minute of the day lies in one of ``HH:MM-HH:MM``; none means any time."""
    return not windows or any(_in_window(minute, window) for window in windows)


def _in_window(minute: int, window: str) -> bool:
    begin, end = (_minutes(text) for text in window.split("-"))
    return begin <= minute < end if begin <= end else minute >= begin or minute < end


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)
