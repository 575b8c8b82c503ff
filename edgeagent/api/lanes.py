"""Two threads for what is synchronous: a quick one for the stores, a slow one for what waits.

A viewing is acknowledged by the quick lane while the slow one waits for a scoring child or a
download. Each runs one call at a time, in the order in which they came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

__all__ = ["Lanes"]

T = TypeVar("T")


class Lanes:
    """Runs synchronous code without holding up the event loop."""

    def __init__(self) -> None:
        """Start threads when they are needed."""
        self._quick = ThreadPoolExecutor(1, thread_name_prefix="quick")
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="slow")

    async def run(self, lane: Literal["quick", "slow"], work: Callable[[], T]) -> T:
        """Run ``work`` on a lane and return what it returns."""
        executor = self._slow if lane == "slow" else self._quick
        return await asyncio.get_running_loop().run_in_executor(executor, work)

    async def run_alone(self, work: Callable[[], T]) -> T:
        """Run ``work`` while neither lane runs anything else."""
        return await self.run("slow", lambda: self._quick.submit(work).result())

    def close(self) -> None:
        """Finish what was begun."""
        self._slow.shutdown(cancel_futures=True)
        self._quick.shutdown(cancel_futures=True)
