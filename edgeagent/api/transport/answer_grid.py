"""Answers to apps go out at fixed times after a call began, so that their timing reveals nothing.

A viewing that is stored takes a commit longer than one in a private session or of a child, and
calls on the same thread wait for it. So every call of an app takes a whole number of slots: one,
unless a long list or a slow disk needs more. Few calls of one peer run at once, so that their wait
for each other also fits into a slot. Managers are not kept waiting.
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
"""The event loop's timers are rounded to milliseconds counted from when it went to sleep, which
would reveal that time; the last part of a wait therefore does not sleep."""

T = TypeVar("T")


class TimeSource(Protocol):
    """A monotonic clock, and how to wait for a time on it."""

    def now(self) -> float:
        """Seconds since an arbitrary moment."""
        ...

    async def until(self, moment: float) -> None:
        """Return at ``moment``, at once if it has passed."""
        ...


class LoopTime:
    """The event loop's own clock."""

    def now(self) -> float:
        """Seconds since an arbitrary moment."""
        return asyncio.get_running_loop().time()

    async def until(self, moment: float) -> None:
        """Return at ``moment``; the last two milliseconds are waited without sleeping."""
        if (left := moment - self.now() - _COARSE_SECONDS) > 0:
            await asyncio.sleep(left)
        while self.now() < moment:  # noqa: ASYNC110  (nothing happens then but that moment)
            await asyncio.sleep(0)


class AnswerGrid:
    """Delays the answers to apps to the end of a slot."""

    def __init__(self, time: TimeSource) -> None:
        """Measure slots by ``time``."""
        self._time = time
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._callers: Counter[str] = Counter()

    async def run(self, peer: str, work: Callable[[], Awaitable[T]], *, slots: int = 1) -> T:
        """Run a call of ``peer``, and return its result or raise its error at the end of a slot.

        Args:
            peer: at most ``AT_ONCE`` calls of the same peer run together.
            work: the call.
            slots: the fewest it takes; depends on the request only.

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
