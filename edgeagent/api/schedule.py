"""Which work on the history is due, and whether it may run now. Pure: it reads no clock itself.

The network has a timetable of its own. Every rule compares two times and holds in both directions:
a clock that was set back makes a chore due, instead of putting it off until the old time is
reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS
from edgeagent.config import ServiceConfig

__all__ = ["Chore", "Conditions", "Schedule", "in_windows"]

_RETRY_SECONDS = HOUR_SECONDS
"""After a failure: several tries in one evening, and few on a box whose disk is full or broken."""


class Chore(StrEnum):
    """Kinds of work on the history."""

    TIDY = "tidy"
    """Delete viewings older than the retention period."""
    ACTIVATE = "try a model"
    """Test a fetched model, also on this history, and use it from then on if it is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """State of the system around the agent."""

    now: int
    """Seconds UTC."""
    minute_of_day: int
    """Local time."""
    boot_seconds: float
    """Since the box was switched on, sleep included."""
    awake_seconds: float
    """Since the box was switched on or woke up."""
    standby: bool
    metered: bool
    load_fraction: float
    """Of all cores, over the last minute."""
    celsius: float
    """Of the hottest sensor; 0 where there is none."""


class Schedule:
    """Remembers when each chore ran, and says which are due."""

    def __init__(self, config: ServiceConfig) -> None:
        """Follow the windows and limits of ``config``."""
        self._config = config
        self._next: dict[Chore, int] = {}
        self._last: dict[Chore, int] = {}

    def due(self, conditions: Conditions, *, model_waits: bool) -> tuple[Chore, ...]:
        """Return the chores to do now, in this order.

        Args:
            conditions: state of the system.
            model_waits: whether a model was fetched that has not been tried.

        """
        found = [Chore.TIDY]
        if model_waits and self._may_work(conditions):
            found.append(Chore.ACTIVATE)
        return tuple(chore for chore in found if self._is_time(chore, conditions.now))

    def done(self, chore: Chore, now: int, *, well: bool) -> None:
        """Note that a chore has succeeded, or failed and is to be retried."""
        pause = {
            Chore.TIDY: DAY_SECONDS,
            Chore.ACTIVATE: 0,  # the next update may bring another model at any time
        }[chore]
        self._last[chore] = now
        self._next[chore] = now + (pause if well else _RETRY_SECONDS)

    def _is_time(self, chore: Chore, now: int) -> bool:
        last = self._last.get(chore)
        return last is None or now < last or now >= self._next[chore]

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
