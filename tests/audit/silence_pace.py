"""A box's time, made quick for the attack on silence, the same in the service and its jobs.

A quarter passes from one turn to the next, and a turn takes seconds. What a box waits for is
shortened to that measure, so that work on the history is long beside it, as on the slowest box.
"""

from __future__ import annotations

import time
from pathlib import Path

from edgeagent.api.process import housekeeper, network_scheduler, ticker, timetable
from edgeagent.api.process import week_closer as closer
from edgeagent.clock import SystemClock
from edgeagent.network.pace import Grid
from edgeagent.randomness import RandomSource
from edgeagent.services.reports import close_week as reporter
from edgeagent.testing.randomness import SeededRandomSource

_LOOK_SECONDS = 0.2
_COUNT_SECONDS = 1
_STEP_SECONDS = 0.25


class TurnedClock:
    """The system's clocks, each put ahead by what a file says."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = (0, 0)
        if file.exists():
            wall, boot = file.read_text("ascii").split()
            self._ahead = (int(wall), int(boot))

    def now(self) -> int:
        return int(time.time()) + self._ahead[0]

    def boot_seconds(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME) + self._ahead[1]

    def boot_id(self) -> str:
        return SystemClock().boot_id()

    def turn(self, now: int, *, boot_seconds: int = 0) -> None:
        """Stand at ``now``, and so many seconds of boot time later."""
        self._ahead = (now - int(time.time()), self._ahead[1] + boot_seconds)
        self._file.write_text(f"{self._ahead[0]} {self._ahead[1]}", "ascii")


class Moments:
    """Draws that close a week at a sixth of a turn, fetch at four and send at five."""

    def __init__(self, turn_seconds: int) -> None:
        self._turn_seconds = turn_seconds
        self._grid = [turn_seconds * sixths // 6 for sixths in (4, 5, 1)]
        self._others: RandomSource = SeededRandomSource("silence")

    def below(self, bound: int) -> int:
        if bound == self._turn_seconds and self._grid:
            return self._grid.pop(0)
        return self._others.below(bound)


def quicken(turn_seconds: int) -> None:
    """Shorten what this process waits for to the measure of a turn."""
    lead = turn_seconds * 0.45
    for module, name, value in (
        (timetable, "GRID_SECONDS", turn_seconds),
        (timetable, "LEAD_SECONDS", lead),
        (timetable, "_RETRY_SECONDS", 0),
        (network_scheduler, "LEAD_SECONDS", lead),
        (timetable, "_WEEK_SECONDS", 0),
        (ticker, "_LOOK_SECONDS", _LOOK_SECONDS),
        (housekeeper, "LOOK_SECONDS", _LOOK_SECONDS),
        (closer, "COUNT_SECONDS", _COUNT_SECONDS),
        (reporter, "COUNT_SECONDS", _COUNT_SECONDS),
        (reporter, "SEND_WINDOW_SECONDS", _COUNT_SECONDS + 1),
    ):
        setattr(module, name, value)
    defaults = Grid.__init__.__kwdefaults__ or {}
    defaults["step_seconds"] = _STEP_SECONDS
