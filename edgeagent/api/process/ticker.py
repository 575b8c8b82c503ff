"""Waits for the moments of a timetable, in a box that may sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from edgeagent.api.process.timetable import Timetable
from edgeagent.clock import Clock

__all__ = ["Ticker"]

_LOOK_SECONDS = 60.0
"""A box that slept is noticed within this time; timers stop while it sleeps."""


class Ticker:
    """Waits in boot time."""

    def __init__(
        self, clock: Clock, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Ask ``clock``; ``sleep`` lets so many seconds pass, a seam for tests."""
        self._clock = clock
        self._sleep = sleep

    async def each(
        self,
        timetable: Timetable,
        tick: Callable[[int], Awaitable[None]],
        *,
        lead_seconds: float = 0.0,
    ) -> NoReturn:
        """Call ``tick`` so long before each moment; moments that pass meanwhile are skipped."""
        while True:
            moment = timetable.next(self._clock.boot_seconds())
            await self._until(moment - lead_seconds)
            await tick(moment)

    async def _until(self, boot_seconds: float) -> None:
        while (left := boot_seconds - self._clock.boot_seconds()) > 0:
            await self._sleep(min(left, _LOOK_SECONDS))
