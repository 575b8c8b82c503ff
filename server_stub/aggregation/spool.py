"""A spool: a directory in which several servers put their reports, to be summed together.

::

    open/task=<name>/week=<number>/<server>-<random>.parquet   reports of a window that is open
    closed/<name>/<number>.json                                sums of one that is closed
    closed/<name>/<server>/<number>.json                       sums of one that a server had closed
                                                               before it wrote here

A Parquet file has one row a report: its id as two integers, ``id_high`` and ``id_low``, and one
small integer a category, ``c00``, ``c01``, …; rows stand in the order of the ids, which are random,
and files bear the date of the week they are about, so that neither says when a report arrived.
Task and week are in the directory's name, where DuckDB and Spark find them (Hive's layout). Files
are written in a directory ``scratch-…`` and moved to their place once they are on disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from edgeagent.clock import week_start
from edgeagent.errors import Damaged, InputError, OutputError
from edgeagent.regular_file import read_regular
from server_stub.aggregation.aggregator import WindowSums

__all__ = ["ID_COLUMNS", "Spool", "count_columns"]

ID_COLUMNS = ("id_high", "id_low")
"""The 128 bits of a ``report_id``, as signed integers: twice as fast to compare as bytes, and Spark
has no unsigned ones."""
_SCRATCH = "scratch-"
_SUMS_CAP_BYTES = 16384
_PATTERNS = frozenset("*?[]{}")
"""In a path, DuckDB and Spark take them for patterns, and there is no way to quote them."""


def count_columns(categories: int) -> tuple[str, ...]:
    """Return the names of the columns of S' counts."""
    return tuple(f"c{category:02}" for category in range(categories))


class Spool:
    """The files of one spool."""

    def __init__(self, directory: Path) -> None:
        """Use ``directory``, which need not exist.

        Raises:
            InputError: its name cannot be given to DuckDB and Spark.

        """
        if _PATTERNS & set(str(directory)):
            raise InputError(
                f"{directory}: a spool's name has none of {' '.join(sorted(_PATTERNS))}",
                hint="choose another directory",
            )
        self.directory = directory

    def open_directory(self, task: str) -> Path:
        """Return the directory of a task's open windows."""
        return self.directory / "open" / f"task={task}"

    def open_files(self, task: str) -> dict[int, tuple[Path, ...]]:
        """Return the complete files of each open window of a task."""
        found = {}
        for directory in self.open_directory(task).glob("week=*"):
            number = directory.name.removeprefix("week=")
            files = tuple(
                path
                for path in directory.glob("*.parquet")
                # A pipe would be waited for without end.
                if not path.name.startswith(".") and not path.is_fifo()
            )
            if number.isdecimal() and files:
                found[int(number)] = files
        return found

    def tasks(self) -> tuple[str, ...]:
        """Return the names of the tasks that have open windows."""
        found = (self.directory / "open").glob("task=*")
        return tuple(sorted(path.name.removeprefix("task=") for path in found))

    def closed(self, task: str) -> dict[int, WindowSums]:
        """Return the sums of a task's closed windows.

        Raises:
            Damaged: a file of sums cannot be read.

        """
        return {sums.week: sums for sums in self._sums(task, "*.json")}

    def carried(self, task: str) -> dict[int, WindowSums]:
        """Return the sums that servers had before, all servers' together; they add to the others.

        Raises:
            Damaged: a file of sums cannot be read.

        """
        found: dict[int, WindowSums] = {}
        for sums in self._sums(task, "*/*.json"):
            found[sums.week] = found[sums.week] + sums if sums.week in found else sums
        return found

    def _sums(self, task: str, pattern: str) -> Iterator[WindowSums]:
        for path in (self.directory / "closed" / task).glob(pattern):
            try:
                data = read_regular(path, cap_bytes=_SUMS_CAP_BYTES)
                yield msgspec.json.decode(data, type=WindowSums)
            except (OSError, msgspec.MsgspecError) as error:
                raise Damaged(f"{path}: {error}", hint="restore it from a backup") from error

    def is_closed(self, task: str, week: int) -> bool:
        """Return whether a window has its sums."""
        return self._sums_file(task, week).exists()

    def close(self, task: str, sums: WindowSums) -> None:
        """Let sums stand for a window's reports, and delete these.

        Raises:
            OutputError: the spool cannot be written; the reports are there still.

        """
        with self._written():
            self._write_sums(sums, self._sums_file(task, sums.week))
            self.delete_reports(task, sums.week)

    def carry(self, task: str, sums: WindowSums, *, server: str) -> None:
        """Take the sums of a window that a server had closed, unless its reports were here.

        Raises:
            OutputError: the spool cannot be written.

        """
        copied = any(self.open_directory(task).glob(f"week={sums.week}/{server}-*.parquet"))
        path = self.directory / "closed" / task / server / f"{sums.week}.json"
        if not (copied or self.is_closed(task, sums.week) or path.exists()):
            with self._written():
                self._write_sums(sums, path)

    def _write_sums(self, sums: WindowSums, target: Path) -> None:
        with self.scratch() as scratch:
            path = scratch / "sums.json"
            path.write_bytes(msgspec.json.encode(sums))
            _put(path, target)

    def delete_reports(self, task: str, week: int) -> None:
        """Delete the reports of a window."""
        with self._written(), suppress(FileNotFoundError):
            shutil.rmtree(self.open_directory(task) / f"week={week}")

    @contextmanager
    def snapshot(self, task: str, week: int, *, server: str) -> Iterator[Path]:
        """Yield a file to write; it then replaces what the server had put there before.

        Between appearing and replacing both are there: a report counts once all the same.

        Raises:
            OutputError: the spool cannot be written.

        """
        directory = self.open_directory(task) / f"week={week}"
        with self._written(), self.scratch() as scratch:
            path = scratch / f"{server}-{scratch.name.removeprefix(_SCRATCH)}.parquet"
            yield path
            before = set(directory.glob(f"{server}-*.parquet"))
            os.utime(path, (week_start(week),) * 2)
            _put(path, directory / path.name)
            for old in before:
                old.unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a directory for what an engine writes while it sums."""
        with self._written():
            self.directory.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=_SCRATCH, dir=self.directory) as name:
                yield Path(name)

    def delete_scratch(self, *, older_than: int) -> None:
        """Delete what programs that were killed before a moment left: it may hold reports."""
        for path in self.directory.glob(f"{_SCRATCH}*"):
            with suppress(FileNotFoundError):  # it was ended properly meanwhile
                if path.stat().st_mtime < older_than:
                    shutil.rmtree(path, ignore_errors=True)

    def _sums_file(self, task: str, week: int) -> Path:
        return self.directory / "closed" / task / f"{week}.json"

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{error.filename or self.directory}: {error.strerror}",
                hint="check that the spool can be written and has space",
            ) from error


def _put(path: Path, target: Path) -> None:
    """Give a file its place, once it is on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _flush(path)
    path.replace(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
