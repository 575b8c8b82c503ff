"""Group commit: the reports of many requests are written in one transaction, by one thread.

A commit costs one fsync for one report or for hundreds, so under load the cost of a durable report
falls with the number of reports that arrive while the disk is busy. All that waits is the event
loop's own, and a batch crosses to the thread and back once: a queue and a future between threads
for each report cost more than its insertion.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from edgeagent.errors import DiskFull, StorageError
from edgeagent.messages import Report
from server_stub.ingest.store import Acceptance, ReportStore

__all__ = ["Ingest"]

_WAITING = 4096  # reports in memory, about 2 MiB; beyond that the server answers 503
_BATCH = 512
_FORGET_SECONDS = 3600.0
"""How long the order of arrival may be read from the file and its write-ahead log."""


_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    report: Report
    answer: asyncio.Future[Acceptance]


class Ingest:
    """The only writer of a store; its methods are called on one event loop."""

    def __init__(
        self,
        store: ReportStore,
        *,
        capacity: int = _WAITING,
        forget_seconds: float = _FORGET_SECONDS,
    ) -> None:
        """Write to ``store``; at most ``capacity`` reports are queued."""
        self.trouble = ""
        """Why the last batch was not stored; empty once one was."""
        self.on_commit: Callable[[float], None] = lambda _seconds: None
        """Called with the seconds that a batch took."""
        self._store = store
        self._capacity = capacity
        self._forget_seconds = forget_seconds
        self._waiting: deque[_Waiting] = deque()
        self._something = asyncio.Event()
        self._stopping = False
        self._in_order = False  # of arrival
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="report-writer")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start writing."""
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._forget())]

    def submit(self, report: Report) -> asyncio.Future[Acceptance] | None:
        """Queue a report; the future resolves after the commit. ``None``: the queue is full."""
        if len(self._waiting) >= self._capacity:
            return None
        answer: asyncio.Future[Acceptance] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(report, answer))
        self._something.set()
        return answer

    def waiting(self) -> int:
        """Return how many reports are queued."""
        return len(self._waiting)

    async def stop(self) -> None:
        """Write the queued reports, then stop."""
        self._stopping = True
        self._something.set()
        writing, forgetting = self._tasks
        forgetting.cancel()
        await asyncio.wait((writing, forgetting))
        await self._forget_order()
        self._thread.shutdown()

    async def _write(self) -> None:
        while self._waiting or not self._stopping:
            await self._something.wait()
            batch = [
                waiting
                for _ in range(min(_BATCH, len(self._waiting)))
                if not (waiting := self._waiting.popleft()).answer.cancelled()
            ]
            if not self._waiting and not self._stopping:
                self._something.clear()
            if batch:
                await self._commit(batch)

    async def _commit(self, batch: list[_Waiting]) -> None:
        self._in_order = True
        begin = time.monotonic()
        reports = [waiting.report for waiting in batch]
        try:
            accepted = await self._in_thread(partial(self._store.add, reports))
        except Exception as error:  # noqa: BLE001  (passed to the waiting requests; writing goes on)
            self.trouble = "the disk is full" if isinstance(error, DiskFull) else "cannot be stored"
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)
            return
        self.trouble = ""
        self.on_commit(time.monotonic() - begin)
        for waiting, acceptance in zip(batch, accepted, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(acceptance)

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(self._forget_seconds)
            await self._forget_order()

    async def _forget_order(self) -> None:
        if not self._in_order:
            return
        self._in_order = False  # what is written meanwhile sets it again
        try:
            await self._in_thread(self._store.forget_order)
        except StorageError as error:  # another process writes, or the disk is full
            self._in_order = True
            _log.warning("the order of arrival is kept for another hour: %s", error)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
