"""Group commit: one thread writes the reports of many requests in one transaction.

A commit costs one fsync for one report or for hundreds, so under load the cost of a durable report
falls with the number of reports that arrive while the disk is busy.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from edgeagent.messages import Report
from server_stub.store import Acceptance, ReportStore

__all__ = ["Ingest"]

_WAITING = 4096  # reports in memory, about 2 MiB; beyond that the server answers 503
_BATCH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    report: Report
    answer: Future[Acceptance] = field(default_factory=Future)


class Ingest:
    """The only writer of a store."""

    def __init__(self, store: ReportStore, *, capacity: int = _WAITING) -> None:
        """Write to ``store``; at most ``capacity`` reports are queued."""
        self._store = store
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

    def stop(self) -> None:
        """Write the queued reports, then stop."""
        self._waiting.put(None)
        self._writer.join()

    def _write(self) -> None:
        stopping = False
        while not stopping:
            batch, stopping = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """Wait for one report, then take all others that are queued already."""
        batch: list[_Waiting] = []
        item = self._waiting.get()
        while item is not None:
            if item.answer.set_running_or_notify_cancel():
                batch.append(item)
            if len(batch) == _BATCH or self._waiting.empty():
                return batch, False
            item = self._waiting.get()
        return batch, True

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            accepted = self._store.add([waiting.report for waiting in batch])
        except Exception as error:  # noqa: BLE001  (passed to the waiting requests; the writer continues)
            for waiting in batch:
                waiting.answer.set_exception(error)
            return
        for waiting, acceptance in zip(batch, accepted, strict=True):
            waiting.answer.set_result(acceptance)
