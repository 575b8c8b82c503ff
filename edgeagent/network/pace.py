"""When a request may begin: at once for a person who waits, else at moments fixed beforehand.

A box asks and sends by itself. If each request began when the work before it was done, then its
moment would tell how busy the box is, and that follows what is watched. So the first request of an
job has a moment of its own, and each later one begins on a grid from there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

from edgeagent.clock import Clock

__all__ = ["STEP_SECONDS", "AtOnce", "Grid", "Pace"]

STEP_SECONDS = 2.0
"""Between two requests of a job: well above what lies between them on a slow, busy core
(verifying signatures, hashing a catalogue of 10 MB), so that none misses its turn. A first update
has a dozen requests."""


class Pace(Protocol):
    """Says when the next request may begin."""

    def wait(self) -> None:
        """Return when it may."""
        ...


class AtOnce:
    """Lets every request begin at once."""

    def wait(self) -> None:
        """Return."""


class Grid:
    """Lets requests begin at one moment, and so many seconds after it, twice as many, and so on."""

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
            moment: of the first request, in boot seconds, which nobody sets.
            clock: tells them.
            step_seconds: between two requests at least.
            sleep: for so many seconds; may come back early.

        """
        self._next = moment
        self._step_seconds = step_seconds
        self._clock = clock
        self._sleep = sleep

    def wait(self) -> None:
        """Return at the next moment of the grid that no request has had yet."""
        late = self._clock.boot_seconds() - self._next
        moment = self._next + max(0, math.ceil(late / self._step_seconds)) * self._step_seconds
        self._next = moment + self._step_seconds
        while (left := moment - self._clock.boot_seconds()) > 0:
            self._sleep(left)
