"""Waits for the moments of a timetable, in a box that may sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from edgeagent.api.timetable import Timetable
from edgeagent.clock import Clock

__all__ = ["Turns"]

_LOOK_SECONDS = 60.0
"""Sleep of the whole box is noticed within this; timers stand still in it."""


class Turns:
    """Goes by boot time."""

    def __init__(self, clock: Clock) -> None:
        """Ask ``clock``."""
        self._clock = clock

    async def each(
        self,
        timetable: Timetable,
        turn: Callable[[int], Awaitable[None]],
        *,
        lead_seconds: float = 0.0,
    ) -> NoReturn:
        """Call ``turn`` so long before each moment, for ever; one that takes longer skips some."""
        while True:
            moment = timetable.next(self._clock.boot_seconds())
            await self._until(moment - lead_seconds)
            await turn(moment)

    async def _until(self, boot_seconds: float) -> None:
        # No event tells of boot time that passes while the whole box sleeps.
        while (left := boot_seconds - self._clock.boot_seconds()) > 0:  # noqa: ASYNC110  (hence)
            await asyncio.sleep(min(left, _LOOK_SECONDS))
