"""The server's database: each report once, on disk before it is acknowledged.

It holds nothing about the sender: no address, no time of arrival.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from enum import Enum
from pathlib import Path

from edgeagent.errors import Damaged, DiskFull, InputError, NotOurDatabase, StorageError
from edgeagent.messages import Report, canonical_bytes

__all__ = [
    "Acceptance",
    "ReportStore",
    "check_whole",
    "open_for_closing",
    "open_for_reading",
    "seen_day",
]

_APPLICATION_ID = 0x45415253  # "EARS"
_BUSY_SECONDS = 5.0
_EMPTYING_MILLISECONDS = 50
"""A commit takes some milliseconds."""
_EMPTYING_TRIES, _BETWEEN_TRIES_SECONDS = 120, 0.5
"""Who closes windows has time; sums of a million reports are read in some ten seconds."""
_LEAST_FREE_BYTES = 64 << 20
_VERSION = 3
_CLOSING_VERSION = 2
_REPORTS = """
CREATE TABLE report (
    report_id BLOB PRIMARY KEY,
    task TEXT NOT NULL,
    week INTEGER NOT NULL,
    counts TEXT NOT NULL
) WITHOUT ROWID;
"""
_INSERT = "INSERT INTO report VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_CLOSED_WINDOWS = """
CREATE TABLE closed_window (
    task TEXT NOT NULL,
    week INTEGER NOT NULL,
    sums TEXT,
    PRIMARY KEY (task, week)
) WITHOUT ROWID;
"""
_SEEN_DAY = "CREATE TABLE seen_day (one INTEGER PRIMARY KEY CHECK (one = 1), day INTEGER NOT NULL);"
"""One row: the last day, since 1970, on which windows were looked at."""


class Acceptance(Enum):
    """The outcome for one report."""

    COUNTED = "counted"
    REPEATED = "repeated"
    """The same report was stored already; it counts once."""
    CONFLICTING = "conflicting"
    """Another report was stored under this id; this one is not counted."""
    CLOSED = "closed"
    """Its window was closed meanwhile; it is not counted."""


class ReportStore:
    """A store opened for writing; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open ``path``; create it if it does not exist.

        Raises:
            NotOurDatabase: the file is something else.
            StorageError: it cannot be opened.

        """
        _require_regular(path)
        with _translated(path):
            # Used by one writer thread, which is not the thread that opens it.
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(path)
            except BaseException:
                self._connection.close()
                raise
        self._path = path

    def _prepare(self, path: Path) -> None:
        if _is_empty(self._connection):
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._script(
                f"{_REPORTS} {_CLOSED_WINDOWS} {_SEEN_DAY} "
                f"PRAGMA application_id = {_APPLICATION_ID};"
            )
        _check_ours(self._connection, path)
        if _version(self._connection) < _CLOSING_VERSION:
            self._script(f"{_CLOSED_WINDOWS} {_SEEN_DAY}")
        elif _version(self._connection) < _VERSION:
            self._script(_SEEN_DAY)
        # With WAL, FULL is what makes an acknowledged report survive a power cut.
        self._connection.execute("PRAGMA synchronous = FULL")

    def _script(self, statements: str) -> None:
        self._connection.executescript(
            f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {_VERSION}; COMMIT;"
        )

    def add(self, reports: Sequence[Report]) -> list[Acceptance]:
        """Store a batch in one transaction and return, once it is on disk, one answer each.

        Raises:
            DiskFull: the disk is full; nothing of the batch was stored.
            StorageError: it cannot be written; nothing of the batch was stored.

        """
        self._require_space()
        with _translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                answers = self._add_all(reports)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return answers

    def _require_space(self) -> None:
        """Leave enough for what a full disk would stop: closing windows, and other programs."""
        found = os.statvfs(self._path.absolute().parent)
        if found.f_bavail * found.f_frsize < _LEAST_FREE_BYTES:
            raise DiskFull(
                f"{self._path}: less than {_LEAST_FREE_BYTES >> 20} MiB are free on its disk",
                hint="free space on that disk",
            )

    def _add_all(self, reports: Sequence[Report]) -> list[Acceptance]:
        closed = self._closed({(report.task, report.week) for report in reports})
        return [self._add_one(r, closed=(r.task, r.week) in closed) for r in reports]

    def _add_one(self, report: Report, *, closed: bool) -> Acceptance:
        row = (report.task, report.week, canonical_bytes(report.counts).decode())
        key = bytes.fromhex(report.report_id)
        if not closed and self._connection.execute(_INSERT, (key, *row)).rowcount:
            return Acceptance.COUNTED
        known = self._connection.execute(
            "SELECT task, week, counts FROM report WHERE report_id = ?", (key,)
        ).fetchone()
        if known is None:
            return Acceptance.CLOSED
        return Acceptance.REPEATED if known == row else Acceptance.CONFLICTING

    def _closed(self, windows: set[tuple[str, int]]) -> set[tuple[str, int]]:
        """Return those windows that take no reports any more."""
        marked = "SELECT 1 FROM closed_window WHERE task = ? AND week = ?"
        return {w for w in windows if self._connection.execute(marked, w).fetchone()}

    def overwriting(self) -> sqlite3.Connection:
        """Return the connection; what is deleted over it is overwritten, and leaves no ids."""
        self._connection.execute("PRAGMA secure_delete = ON")
        return self._connection

    def forget_order(self) -> None:
        """Rewrite the file, so that it is the same in whatever order its reports arrived.

        A table is ordered by its random ids, but rows lie within a page as they were inserted.
        Takes a second for a million reports.

        Raises:
            StorageError: it cannot be written, or another process reads it.

        """
        with _translated(self._path):
            self._connection.execute("VACUUM")
        if not self.empty_log():
            raise StorageError(f"{self._path} is being read", hint="wait until it is read")

    def empty_log(self) -> bool:
        """Empty the write-ahead log, which holds reports in the order in which they arrived.

        Emptying it holds writers up while it waits for readers. A million reports are read for
        some seconds, so nothing is waited for here.

        Returns:
            Whether it is empty; it is not while another process reads or writes.

        Raises:
            StorageError: it cannot be written.

        """
        with _translated(self._path):
            self._connection.execute(f"PRAGMA busy_timeout = {_EMPTYING_MILLISECONDS}")
            try:
                found = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {int(1000 * _BUSY_SECONDS)}")
        return not found[0]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


@contextmanager
def open_for_closing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store, beside a server that may be writing to it, to close windows.

    Raises:
        InputError: there is no such file, or it is not a regular file.
        NotOurDatabase: the file is something else.
        StorageError: it cannot be written.

    """
    _require_existing(path)
    with closing(ReportStore(path)) as store, _translated(path):
        yield store.overwriting()
        for _ in range(_EMPTYING_TRIES):
            if store.empty_log():
                break
            time.sleep(_BETWEEN_TRIES_SECONDS)


@contextmanager
def open_for_reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store that a server may be writing to.

    Raises:
        InputError: there is no such file, or it is not a regular file.
        NotOurDatabase: the file is something else.
        StorageError: it cannot be read.

    """
    _require_existing(path)
    with _translated(path):
        # Not mode=ro: a read-only reader of a WAL database does not delete its two side files.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None
        )
        try:
            _check_ours(connection, path)
            if (
                _version(connection) < _CLOSING_VERSION
            ):  # the server that writes it closes no windows yet
                connection.execute(_CLOSED_WINDOWS.replace("CREATE TABLE", "CREATE TEMP TABLE"))
            connection.execute("PRAGMA query_only = ON")
            yield connection
        finally:
            connection.close()


def seen_day(path: Path) -> int | None:
    """Return the last day, since 1970, on which windows were looked at; ``None``: not yet.

    Raises:
        InputError: there is no such file, or it is not a regular file.
        NotOurDatabase: the file is something else.
        StorageError: it cannot be read.

    """
    with open_for_reading(path) as connection:
        if _version(connection) < _VERSION:
            return None
        row = connection.execute("SELECT day FROM seen_day").fetchone()
    return None if row is None else int(row[0])


def check_whole(path: Path) -> None:
    """Read a whole store, page by page.

    Raises:
        NotOurDatabase: the file is something else.
        StorageError: it is damaged.

    """
    with open_for_reading(path) as connection:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise Damaged(f"{path}: {found}", hint="restore it from a backup")


def _require_existing(path: Path) -> None:
    if not path.exists():
        raise InputError(f"{path}: no such file", hint="give the --store that the server writes")
    _require_regular(path)


def _require_regular(path: Path) -> None:
    """Raise for devices and pipes, on which SQLite would block; a missing file is created."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: not a regular file", hint="give another file as --store")


def _is_empty(connection: sqlite3.Connection) -> bool:
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return bool(objects == 0)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    if identity != _APPLICATION_ID:
        raise NotOurDatabase(
            f"{path} is not a store of reports", hint="give another file as --store"
        )
    if _version(connection) > _VERSION:
        raise StorageError(
            f"{path} was written by a newer version of the server",
            hint="update this program, or give another file as --store",
        )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
        raise _error_for(code, path, str(error)) from error


def _error_for(code: int, path: Path, said: str) -> StorageError:
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"{path}: {said}", hint="free space on that disk")
    if code == sqlite3.SQLITE_NOTADB:
        return NotOurDatabase(f"{path}: {said}", hint="give another file as --store")
    if code == sqlite3.SQLITE_CORRUPT:
        return Damaged(f"{path}: {said}", hint="restore it from a backup, or give a new file")
    return StorageError(
        f"{path}: {said}", hint="check that its directory exists and can be written"
    )
