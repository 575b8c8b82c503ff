"""What work on the history is due, and whether now is a moment for it. Pure: it is told everything.

Nothing of it touches the network, which has a timetable of its own.

Every rule compares two times and holds in both directions: a clock that was set back makes a chore
due, it does not put it off until the future comes round again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS
from edgeagent.config import ServiceConfig

__all__ = ["Chore", "Conditions", "Schedule", "in_windows"]

_RETRY_SECONDS = HOUR_SECONDS
"""After a failure: often enough for one evening, seldom enough for a box that is full or broken."""


class Chore(StrEnum):
    """What there is to do."""

    TIDY = "tidy"
    """Delete viewings whose time is over."""
    ACTIVATE = "try a model"
    """Try a model that was fetched, on what was watched here too, and use it from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How things stand outside the agent."""

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
    """Remembers what was done, and says what is due."""

    def __init__(self, config: ServiceConfig) -> None:
        """Go by the windows and limits of ``config``."""
        self._config = config
        self._next: dict[Chore, int] = {}
        self._last: dict[Chore, int] = {}

    def due(self, conditions: Conditions, *, model_waits: bool) -> tuple[Chore, ...]:
        """Return what to do now, in this order.

        Args:
            conditions: how things stand.
            model_waits: whether a model was fetched that has not been tried.

        """
        found = [Chore.TIDY]
        if model_waits and self._may_work(conditions):
            found.append(Chore.ACTIVATE)
        return tuple(chore for chore in found if self._is_time(chore, conditions.now))

    def done(self, chore: Chore, now: int, *, well: bool) -> None:
        """Note that a chore was done, or failed and is to be tried again."""
        pause = {
            Chore.TIDY: DAY_SECONDS,
            Chore.ACTIVATE: 0,  # another comes with the next update
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
