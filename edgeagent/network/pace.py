"""When a request may begin: at once for a waiting user, otherwise at predetermined moments.

If each automatic request began when the preceding work was done, its time would reveal how busy the
box is, which depends on what is watched. So the first request of a job has a predetermined time,
and later ones start on a fixed grid from there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

from edgeagent.clock import Clock

__all__ = ["STEP_SECONDS", "AtOnce", "Grid", "Pace"]

STEP_SECONDS = 2.0
"""Interval between two requests of a job: well above the work between them on a slow, busy core
(verifying signatures, hashing a catalogue of 10 MB), so that no request misses its slot. A first
update has a dozen requests."""


class Pace(Protocol):
    """Decides when the next request may begin."""

    def wait(self) -> None:
        """Return when it may begin."""
        ...


class AtOnce:
    """Allows every request at once."""

    def wait(self) -> None:
        """Return."""


class Grid:
    """Allows requests at one moment and at multiples of an interval after it."""

    def __init__(
        self,
        moment: float,
        *,
        clock: Clock,
        step_seconds: float = STEP_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin at ``moment``.

        Args:
            moment: of the first request, in boot seconds, which nobody can set.
            clock: provides boot seconds.
            step_seconds: the interval of the grid.
            sleep: sleeps for a number of seconds; may return early.

        """
        self._next = moment
        self._step_seconds = step_seconds
        self._clock = clock
        self._sleep = sleep

    def wait(self) -> None:
        """Return at the next unused moment of the grid."""
        late = self._clock.boot_seconds() - self._next
        moment = self._next + max(0, math.ceil(late / self._step_seconds)) * self._step_seconds
        self._next = moment + self._step_seconds
        while (left := moment - self._clock.boot_seconds()) > 0:
            self._sleep(left)
