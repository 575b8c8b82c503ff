"""State of the system around the agent: load, heat, standby, network, sleep, local time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edgeagent.api.schedule import Conditions
from edgeagent.clock import Clock
from edgeagent.config import ServiceConfig

__all__ = ["HostConditions"]

_THERMAL = Path("/sys/class/thermal")
_SLEPT_SECONDS = 1.0


class HostConditions:
    """Reads the state when asked."""

    def __init__(
        self,
        config: ServiceConfig,
        *,
        clock: Clock,
        running_seconds: Callable[[], float] = time.monotonic,
        switched_on_seconds: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        thermal: Path = _THERMAL,
    ) -> None:
        """Read the files that ``config`` names.

        Args:
            config: names the files that the platform keeps.
            clock: seconds UTC.
            running_seconds: a clock that stops while the box sleeps.
            switched_on_seconds: one that goes on.
            thermal: where the kernel shows temperatures.

        """
        self._config = config
        self._clock = clock
        self._running_seconds = running_seconds
        self._switched_on_seconds = switched_on_seconds
        self._thermal = thermal
        self._slept_seconds = switched_on_seconds() - running_seconds()
        self._woke_at = running_seconds()

    def look(self) -> Conditions:
        """Return the present state."""
        now = self._clock.now()
        local = time.localtime(now)
        return Conditions(
            now=now,
            minute_of_day=60 * local.tm_hour + local.tm_min,
            boot_seconds=self._switched_on_seconds(),
            awake_seconds=self._awake_seconds(),
            standby=_is_there(self._config.standby_file),
            metered=_is_there(self._config.metered_file),
            load_fraction=_load_fraction(),
            celsius=self._celsius(),
        )

    def _awake_seconds(self) -> float:
        running = self._running_seconds()
        slept = self._switched_on_seconds() - running
        if slept > self._slept_seconds + _SLEPT_SECONDS:
            self._slept_seconds, self._woke_at = slept, running
        return running - self._woke_at

    def _celsius(self) -> float:
        hottest = 0.0
        for sensor in self._thermal.glob("thermal_zone*/temp"):
            with suppress(OSError, ValueError):  # sensors come and go
                hottest = max(hottest, int(sensor.read_text()) / 1000)
        return hottest


def _load_fraction() -> float:
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:  # no /proc to read it from
        return 0.0


def _is_there(path: str | None) -> bool:
    try:
        return path is not None and Path(path).exists()
    except OSError:  # a directory on the way may not be searched: 'config check' says so
        return False
