"""Open a SQLCipher database under a raw key, and raise our own errors.

Format: SQLCipher 4 defaults, page 4096, of which 80 bytes are IV (16) and HMAC-SHA512 (64). The key
is given raw, so no passphrase derivation runs. WAL with ``synchronous=FULL``: acknowledged means on
disk. ``secure_delete`` overwrites deleted rows; a truncating checkpoint then removes them from the
write-ahead log too.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from sqlcipher3 import dbapi2

from edgeagent.errors import Damaged, NotOurDatabase, StorageError
from edgeagent.store.before_opening import check_header, has_content, require_own_log
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.durable import no_room
from edgeagent.store.faults import storage_error
from edgeagent.store.home_files import log_of
from edgeagent.store.keys import SecretKey
from edgeagent.store.named_file import NamedFile
from edgeagent.store.standard_errors import sqlite3

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["PAGE_BYTES", "Database", "Row"]

Row = tuple[Any, ...]

_Place = tuple[int, int]
"""Device and inode of a file."""

PAGE_BYTES = 4096
"""SQLCipher 4's default, stated because the checks before opening compute with it."""
_BUSY_TIMEOUT_SECONDS = 10.0
_ALONE_TIMEOUT_MILLISECONDS = 500
_CHECKPOINT_PAUSES_SECONDS = (0.001, 0.01, 0.1, 1.0)
"""Between attempts: another checkpoint takes milliseconds, on slow flash a second."""
_NOT_LOOKED_AT = -1
"""Returned as the number of log frames if another connection is checkpointing."""
_WAL_LIMIT_BYTES = 4 * 1024 * 1024
"""What a log keeps on disk after a checkpoint: SQLite's automatic one comes at 1,000 pages."""


class Database:
    """A keyed database. One connection, usable from any thread, one thread at a time."""

    def __init__(self, connection: KeyedConnection, path: Path) -> None:
        """Wrap an open connection; use :meth:`open` or :meth:`create`."""
        self._connection = connection
        self._reader = connection.cursor()
        """One cursor for all reads: the driver keeps a weak reference for every cursor it made, and
        after a burst of reads these would fragment memory that could otherwise be freed."""
        self._lock = threading.RLock()
        self.path = path
        self._shown = path
        self._places = _places(path)
        self._file = NamedFile(path)
        self.beside: Database | None = None
        """Another database; if its files are gone, nothing is written to this one."""
        self.key_file: Path | None = None
        """The key file; if it is gone, nothing is written, because it could not be read again."""

    @classmethod
    def create(cls, path: Path, key: SecretKey, *, application_id: int) -> Self:
        """Create an empty database that only its owner can read.

        Raises:
            FileExistsError: the file exists; it is left unchanged.
            DiskFull: there is no room, or no permission.

        """
        with no_room(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        database = cls._connect(path, key)
        with database._guard():  # noqa: SLF001  (its own class)
            connection = database._connection  # noqa: SLF001  (its own class)
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA application_id = {application_id}")
        return database

    @classmethod
    def open(cls, path: Path, key: SecretKey, *, application_id: int) -> Self:
        """Open an existing database. A file that does not open is never changed.

        Raises:
            WrongKey: it does not decrypt under this key.
            NotOurDatabase: plain SQLite, or the store of another program.
            Damaged: it is missing or empty, or its pages are broken.
            DiskFull: it cannot be written.

        """
        check_header(path)
        if has_content(log_of(path)):
            # Tried read-only first: the last writer to close would move the log into the file.
            cls._open(path, key, application_id, mode="ro").close()
            require_own_log(path, key)
        return cls._open(path, key, application_id)

    @classmethod
    def _open(
        cls, path: Path, key: SecretKey, application_id: int, *, mode: Literal["ro", "rw"] = "rw"
    ) -> Self:
        database = cls._connect(path, key, mode=mode)
        try:
            _check_application_id(database, application_id)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def _connect(cls, path: Path, key: SecretKey, *, mode: Literal["ro", "rw"] = "rw") -> Self:
        try:
            connection = dbapi2.connect(
                f"file:{quote(os.fspath(path))}?mode={mode}",
                uri=True,
                isolation_level=None,
                timeout=_BUSY_TIMEOUT_SECONDS,
                check_same_thread=False,
                factory=KeyedConnection,
            )
        except dbapi2.Error as error:
            raise StorageError(
                f"{path} cannot be opened: {error}", hint="check the path and its permissions"
            ) from error
        database = cls(connection, path)
        try:
            with database._guard():
                _set_up(connection, key, path)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def connection(self) -> KeyedConnection:
        """The connection, for migrations and for attacks in tests; raises ``sqlite3`` errors."""
        return self._connection

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of a query.

        Raises:
            Damaged: a page does not verify, or the file was deleted.
            StorageError: it cannot be read for another reason.

        """
        with self._guard():
            self._require_not_deleted()
            try:
                rows: list[Row] = self._reader.execute(sql, parameters).fetchall()
            except sqlite3.Error:
                self._reader = self._connection.cursor()  # a failed cursor may hide the next error
                raise
            return rows

    @contextmanager
    def transaction(self) -> Iterator[KeyedConnection]:
        """Run a block in one write transaction, durable when the block is left.

        Raises:
            DiskFull: the disk is full; nothing was changed.
            StorageError: another process kept the database locked; nothing was changed.
            Damaged: its files were moved or deleted; what is written would be lost with them.

        """
        with self._guard(), self._rolled_back_on_error():
            self._require_both_in_place()
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
            self._require_both_in_place()

    @contextmanager
    def snapshot(self) -> Iterator[KeyedConnection]:
        """Run a block of reads on one snapshot of the database; joins an open transaction."""
        with self._guard(), self._rolled_back_on_error():
            self._require_not_deleted()
            outermost = not self._connection.in_transaction
            if outermost:
                self._connection.execute("BEGIN")
            yield self._connection
            if outermost:
                self._connection.execute("COMMIT")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock out other threads and translate errors while the connection is used directly."""
        with self._guard():
            yield

    def checkpoint(self, *, pause: Callable[[float], None] = time.sleep) -> bool:
        """Move the write-ahead log into the database and truncate it.

        SQLite waits for readers and writers, but not for another connection that checkpoints too.
        That is soon over, so it is tried again after each ``pause``, whose argument is in seconds.

        Returns:
            Whether it succeeded; false while another process reads.

        """
        for seconds in _CHECKPOINT_PAUSES_SECONDS:
            busy, frames, _ = self.read("PRAGMA wal_checkpoint(TRUNCATE)")[0]
            if not busy or frames != _NOT_LOOKED_AT:
                break
            pause(seconds)
        return not busy

    def vacuum_free_pages(self) -> None:
        """Return free pages to the file system."""
        self.read("PRAGMA incremental_vacuum")

    def release_memory(self) -> None:
        """Free the page cache; pages are read again when needed."""
        self.read("PRAGMA shrink_memory")

    def version(self) -> int:
        """Return how many migrations have been applied."""
        version: int = self.read("PRAGMA user_version")[0][0]
        return version

    def foreign_changes(self) -> int:
        """Return a number that changes whenever another connection commits."""
        number: int = self.read("PRAGMA data_version")[0][0]
        return number

    def integrity_errors(self) -> tuple[str, ...]:
        """Verify every page's HMAC and the database structure; empty if no error is found."""
        broken = [str(row[0]) for row in self.read("PRAGMA cipher_integrity_check")]
        try:
            broken += [str(row[0]) for row in self.read("PRAGMA quick_check")]
        except Damaged as error:
            broken.append(str(error))
        return tuple(line for line in broken if line != "ok")

    def sqlite_utils(self) -> sqlite_utils.Database:
        """Return the same connection under sqlite-utils, without plugins."""
        import sqlite_utils  # noqa: PLC0415  (the resident process never needs it)

        return sqlite_utils.Database(self._connection, execute_plugins=False)

    def keep_others_out(self) -> None:
        """Leave write-ahead logging and lock out all other connections until closed.

        Raises:
            StorageError: another process has it open.

        """
        # Processes keep a database open for long, so waiting longer does not help.
        self.read(f"PRAGMA busy_timeout = {_ALONE_TIMEOUT_MILLISECONDS}")
        self.read("PRAGMA journal_mode = DELETE")  # fails while another connection has it open
        self.read("PRAGMA locking_mode = EXCLUSIVE")
        with self._guard():
            self._connection.execute("BEGIN EXCLUSIVE")
            self._connection.execute("COMMIT")

    def use_write_ahead_log(self) -> None:
        """Return to write-ahead logging; does nothing if it is in use."""
        self.read("PRAGMA journal_mode = WAL")

    def copy_into(self, path: Path, key: SecretKey) -> None:
        """Copy everything into an empty database under another key."""
        with self._guard():
            connection = self._connection
            connection.execute("PRAGMA foreign_keys = OFF")  # tables are copied in any order
            connection.execute(
                f"ATTACH DATABASE ? AS fresh KEY \"x'{key.reveal().hex()}'\"", (os.fspath(path),)
            )
            connection.execute("SELECT sqlcipher_export('fresh')").fetchall()
            connection.execute(f"PRAGMA fresh.user_version = {self.version()}")
            connection.execute("PRAGMA fresh.wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("DETACH DATABASE fresh")

    def reopen(self, key: SecretKey) -> None:
        """Connect again after the file was replaced by one under ``key``."""
        with self._lock:
            self._connection.close()
            self._connection = self._connect(self.path, key).connection
            self._places = _places(self.path)
            self._file.close()
            self._file = NamedFile(self.path)
            self._reader = self._connection.cursor()

    def close(self) -> None:
        """Close the connection; the last one of all processes removes the write-ahead log."""
        self._connection.close()
        self._file.close()

    def was_deleted(self) -> bool:
        """Return whether its file was deleted, although the open descriptor can still be read."""
        return self._file.was_deleted()

    def _require_not_deleted(self) -> None:
        if self.was_deleted():
            raise Damaged(
                f"{self.path} was deleted while it was open",
                hint="its data are not shown any more; start edgeagent again for a new box",
            )

    def _require_both_in_place(self) -> None:
        self._places = self._require_in_place()
        if self.beside is not None:
            self.beside._require_in_place()  # noqa: SLF001  (its own class)

    def _require_in_place(self) -> tuple[_Place | None, _Place | None]:
        """Raise if the files were moved or deleted: writes to the open descriptors would be lost.

        The log exists from the first write on and stays the same file until the last connection of
        all processes closes.
        """
        database, log = _places(self.path)
        known_database, known_log = self._places
        in_place = database is not None and database == known_database and known_log in {None, log}
        if not in_place or not has_content(self.path):
            raise Damaged(
                f"{self.path} was moved, deleted, emptied or replaced while it was open",
                hint="move its files back, or start edgeagent again; nothing is stored until then",
            )
        if self.key_file is not None and not self.key_file.exists():
            raise Damaged(
                f"{self.key_file} is gone, and without it {self.path.name} cannot be opened again",
                hint="restore it; nothing is stored until then",
            )
        return database, log

    def refuse_writes(self, original: Path) -> None:
        """Make every later write fail with an error that names the read-only file."""
        self.read("PRAGMA query_only = ON")
        self._shown = original

    @contextmanager
    def _guard(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise storage_error(error, self._shown) from error

    @contextmanager
    def _rolled_back_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite may have rolled back already (full disk)
                self._connection.execute("ROLLBACK")
            raise


def _places(path: Path) -> tuple[_Place | None, _Place | None]:
    """Return device and inode of a database and its log."""
    return _place(path), _place(log_of(path))


def _place(path: Path) -> _Place | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _check_application_id(database: Database, application_id: int) -> None:
    found = database.read("PRAGMA application_id")[0][0]
    if found != application_id:
        raise NotOurDatabase(
            f"{database.path} opens, but is another database (application id {found:#x})",
            hint="restore the file that belongs there",
        )


def _set_up(connection: KeyedConnection, key: SecretKey, path: Path) -> None:
    # Before the key: SQLCipher would otherwise log a wrong key to stderr, page by page.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.reveal().hex()}'\"")
    if not connection.execute("PRAGMA cipher_version").fetchall():
        # The standard library's SQLite ignores PRAGMA key and would write plain text.
        raise StorageError(
            f"{path}: this SQLite does not encrypt", hint="reinstall the package sqlcipher3"
        )
    connection.execute(f"PRAGMA cipher_page_size = {PAGE_BYTES}")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # a wrong key fails here
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
