"""When apps are answered: at fixed moments after a call has begun, so that its work does not show.

A viewing that is stored takes a commit longer than one in a private session or of a child, and
whatever else runs on the same thread waits for it. So every call of an app takes whole slots, one
unless a long list or a slow disk needs more, and few of one peer run at once: what they wait for
each other stays within a slot, too. Managers are not kept waiting.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

__all__ = ["AT_ONCE", "SLOT_SECONDS", "VIEWINGS_A_SLOT", "AnswerGrid", "LoopTime", "TimeSource"]

SLOT_SECONDS = 0.05
"""Above the 99th percentile of a commit where it was measured, see this room's page, and no more
than an app would notice."""
VIEWINGS_A_SLOT = 200
"""A list is stored in one transaction, 0.02 to 0.06 ms for each of its viewings."""
AT_ONCE = 4
"""Calls of one peer that run together."""
_COARSE_SECONDS = 0.002
"""The event loop wakes up at whole milliseconds after it fell asleep, which would tell when."""

T = TypeVar("T")


class TimeSource(Protocol):
    """Seconds that nobody sets, and how to wait for some."""

    def now(self) -> float:
        """Seconds since an arbitrary moment."""
        ...

    async def until(self, moment: float) -> None:
        """Return at ``moment``, at once if it has passed."""
        ...


class LoopTime:
    """The event loop's time."""

    def now(self) -> float:
        """Seconds since an arbitrary moment."""
        return asyncio.get_running_loop().time()

    async def until(self, moment: float) -> None:
        """Return at ``moment``, exactly: the last of it is waited awake."""
        if (left := moment - self.now() - _COARSE_SECONDS) > 0:
            await asyncio.sleep(left)
        while self.now() < moment:  # noqa: ASYNC110  (nothing happens then but that moment)
            await asyncio.sleep(0)


class AnswerGrid:
    """Runs the calls of apps in slots."""

    def __init__(self, time: TimeSource) -> None:
        """Take slots from ``time``."""
        self._time = time
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._callers: Counter[str] = Counter()

    async def run(self, peer: str, work: Callable[[], Awaitable[T]], *, slots: int = 1) -> T:
        """Run a call of ``peer`` and return or raise what it does, at the end of a slot.

        Args:
            peer: calls of the same one take turns.
            work: the call.
            slots: the fewest it takes; what the caller sent says how many.

        """
        turn = self._turns.setdefault(peer, asyncio.Semaphore(AT_ONCE))
        self._callers[peer] += 1
        try:
            async with turn:
                return await self._in_slots(work, slots)
        finally:
            self._callers[peer] -= 1
            if not self._callers[peer]:
                del self._callers[peer], self._turns[peer]

    async def _in_slots(self, work: Callable[[], Awaitable[T]], slots: int) -> T:
        end = self._time.now() + slots * SLOT_SECONDS
        try:
            result = await work()
        except Exception:
            await self._end_of_slot(end)
            raise
        await self._end_of_slot(end)
        return result

    async def _end_of_slot(self, end: float) -> None:
        while end < self._time.now():
            end += SLOT_SECONDS
        await self._time.until(end)
