"""Threads for synchronous work: stores (quick), models (slow), fetching and sending.

The quick thread acknowledges a viewing while the slow one waits for the scoring child. Each thread
runs one job at a time, in the order of arrival. Jobs on the network wait for no work on the
history, so that the times of requests reveal nothing of it, and nothing waits for them.
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
    """Runs synchronous code without blocking the event loop."""

    def __init__(self) -> None:
        """Start each thread when it is first needed."""
        self._threads: dict[WorkerThread, ThreadPoolExecutor] = {
            thread: ThreadPoolExecutor(1, thread_name_prefix=thread)
            for thread in get_args(WorkerThread)
        }

    async def run(self, thread: WorkerThread, work: Callable[[], T]) -> T:
        """Run ``work`` on a thread and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._threads[thread], work)

    async def run_alone(self, work: Callable[[], T]) -> T:
        """Run ``work`` while nothing else uses the stores; the network threads go on."""
        quick = self._threads["quick"]
        return await self.run("slow", lambda: quick.submit(work).result())

    def close(self) -> None:
        """Finish the jobs that run, and drop those that wait."""
        for thread in ("fetch", "send", "slow", "quick"):
            self._threads[thread].shutdown(cancel_futures=True)
