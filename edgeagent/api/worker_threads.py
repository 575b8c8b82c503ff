"""Threads for what is synchronous: one for the stores, for models, and for either way outside.

A viewing is acknowledged by the quick thread while the slow one waits for a scoring child. Each
runs one call at a time, in the order in which they came. What uses the network waits for nothing
that works on the history, so that no moment on it tells of that, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar, get_args

__all__ = ["WorkerThread", "WorkerThreads"]

WorkerThread = Literal["quick", "slow", "fetch", "send"]
T = TypeVar("T")


class WorkerThreads:
    """Runs synchronous code without holding up the event loop."""

    def __init__(self) -> None:
        """Start threads when they are needed."""
        self._threads: dict[WorkerThread, ThreadPoolExecutor] = {
            thread: ThreadPoolExecutor(1, thread_name_prefix=thread)
            for thread in get_args(WorkerThread)
        }

    async def run(self, thread: WorkerThread, work: Callable[[], T]) -> T:
        """Run ``work`` on a thread and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._threads[thread], work)

    async def run_alone(self, work: Callable[[], T]) -> T:
        """Run ``work`` while the stores are in use by nothing else; the network goes on."""
        quick = self._threads["quick"]
        return await self.run("slow", lambda: quick.submit(work).result())

    def close(self) -> None:
        """Finish what was begun."""
        for thread in ("fetch", "send", "slow", "quick"):
            self._threads[thread].shutdown(cancel_futures=True)
