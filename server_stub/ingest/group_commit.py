"""Group commit: one thread writes the reports of many requests in one transaction.

A commit costs one fsync for one report or for hundreds, so under load the cost of a durable report
falls with the number of reports that arrive while the disk is busy.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from edgeagent.errors import DiskFull, StorageError
from edgeagent.messages import Report
from server_stub.ingest.store import Acceptance, ReportStore

__all__ = ["Ingest"]

_WAITING = 4096  # reports in memory, about 2 MiB; beyond that the server answers 503
_BATCH = 512
_FORGET_SECONDS = 3600.0
"""How long the order of arrival may be read from the write-ahead log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    report: Report
    answer: Future[Acceptance] = field(default_factory=Future)


class Ingest:
    """The only writer of a store."""

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
        self._forget_seconds = forget_seconds
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(maxsize=capacity)
        self._writer = threading.Thread(target=self._write, name="report-writer", daemon=True)

    def start(self) -> None:
        """Start the writer thread."""
        self._writer.start()

    def submit(self, report: Report) -> Future[Acceptance] | None:
        """Queue a report; the future resolves after the commit. ``None``: the queue is full."""
        waiting = _Waiting(report=report)
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            return None
        return waiting.answer

    def waiting(self) -> int:
        """Return about how many reports are queued."""
        return self._waiting.qsize()

    def stop(self) -> None:
        """Write the queued reports, then stop."""
        self._waiting.put(None)
        self._writer.join()

    def _write(self) -> None:
        stopping = False
        forget_at = time.monotonic() + self._forget_seconds
        while not stopping:
            with suppress(queue.Empty):
                batch, stopping = self._next_batch(forget_at - time.monotonic())
                if batch:
                    self._commit(batch)
            if time.monotonic() >= forget_at:
                forget_at = time.monotonic() + self._forget_seconds
                with suppress(StorageError):  # another process reads: the next hour will do
                    self._store.forget_order()

    def _next_batch(self, seconds: float) -> tuple[list[_Waiting], bool]:
        """Wait for one report, at most so long, then take all others that are queued already."""
        batch: list[_Waiting] = []
        item = self._waiting.get(timeout=max(0.0, seconds))
        while item is not None:
            if item.answer.set_running_or_notify_cancel():
                batch.append(item)
            if len(batch) == _BATCH or self._waiting.empty():
                return batch, False
            item = self._waiting.get()
        return batch, True

    def _commit(self, batch: list[_Waiting]) -> None:
        begin = time.monotonic()
        try:
            accepted = self._store.add([waiting.report for waiting in batch])
        except Exception as error:  # noqa: BLE001  (passed to the waiting requests; the writer continues)
            self.trouble = "the disk is full" if isinstance(error, DiskFull) else "cannot be stored"
            for waiting in batch:
                waiting.answer.set_exception(error)
            return
        self.trouble = ""
        self.on_commit(time.monotonic() - begin)
        for waiting, acceptance in zip(batch, accepted, strict=True):
            waiting.answer.set_result(acceptance)
