"""Sums of the reports in a spool, by an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from edgeagent.errors import EdgeAgentError, InputError
from edgeagent.messages import ReportTask
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.aggregation.duckdb_engine import DuckDbEngine
from server_stub.aggregation.spool import Spool

__all__ = ["SpoolAggregator", "SumEngine"]

_ATTEMPTS = 5
"""Servers replace their files while they are read, each about once an hour."""


class SumEngine(Protocol):
    """Sums files of reports; every engine gives the same sums."""

    def sum_files(
        self, spool: Spool, task: ReportTask, files: Sequence[Path]
    ) -> tuple[WindowSums, ...]:
        """Sum the reports on a task in some files, one or more, by week, ascending.

        Args:
            spool: holds the files, and has room for what the engine writes while it sums.
            task: of the reports.
            files: complete files of the spool's open windows.

        Raises:
            InputError: the engine is not there, or a file is not what a spool holds.
            StorageError: a file cannot be read, or there is not enough memory or disk.

        """
        ...


class SpoolAggregator(Aggregator):
    """Sums read from a spool, to which servers may be writing."""

    def __init__(self, spool: Spool, *, engine: SumEngine | None = None) -> None:
        """Read from ``spool``; DuckDB sums it unless another engine is given."""
        self._spool = spool
        self._engine = engine or DuckDbEngine()

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        """Sum the reports on a task; see :class:`Aggregator`."""
        windows = self._open_windows(task, weeks, attempts=_ATTEMPTS)
        # After the open ones: of a window that is closed meanwhile the sums stand.
        found = {window.week: window for window in windows}
        closed = self._spool.closed(task.name)
        found |= {week: sums for week, sums in closed.items() if not weeks or week in weeks}
        for week, sums in self._spool.carried(task.name).items():
            if not weeks or week in weeks:
                found[week] = found[week] + sums if week in found else sums
        return tuple(found[week] for week in sorted(found))

    def _open_windows(
        self, task: ReportTask, weeks: Sequence[int], *, attempts: int
    ) -> tuple[WindowSums, ...]:
        files = self._files(task, weeks)
        if not files:
            return ()
        try:
            return self._engine.sum_files(self._spool, task, files)
        except EdgeAgentError:
            # A file that is gone was replaced by a newer one, or its window was closed.
            if attempts == 1 or all(path.exists() for path in files):
                raise
        return self._open_windows(task, weeks, attempts=attempts - 1)

    def _files(self, task: ReportTask, weeks: Sequence[int]) -> list[Path]:
        by_week = self._spool.open_files(task.name)
        closed = self._spool.closed(task.name)
        files = [
            path
            for week, paths in sorted(by_week.items())
            if week not in closed and (not weeks or week in weeks)
            for path in paths
        ]
        for path in files:
            if path.is_dir() or (path.is_symlink() and not path.exists()):
                raise InputError(f"{path} is no file", hint="remove it: it holds no reports")
        return files
