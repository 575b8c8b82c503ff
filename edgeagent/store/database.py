"""Open a SQLCipher database under a raw key, and speak to it in our own errors.

Format: SQLCipher 4 defaults, page 4096, of which 80 bytes are IV (16) and HMAC-SHA512 (64). The key
is given raw, so no passphrase derivation runs. WAL with ``synchronous=FULL``: acknowledged means on
disk. ``secure_delete`` overwrites what is deleted; with a truncating checkpoint nothing of it stays
in the write-ahead log either.
"""

from __future__ import annotations

import os
import sqlite3
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

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["PAGE_BYTES", "Database", "Row"]

Row = tuple[Any, ...]

_Place = tuple[int, int]
"""Device and inode of a file."""

PAGE_BYTES = 4096
_BUSY_TIMEOUT_SECONDS = 10.0
_ALONE_TIMEOUT_MILLISECONDS = 500
_CHECKPOINT_PAUSES_SECONDS = (0.001, 0.01, 0.1, 1.0)
_NOT_LOOKED_AT = -1
"""Frames in the log, where another connection had the right to move them."""
_WAL_LIMIT_BYTES = 4 * 1024 * 1024


class Database:
    """A keyed database. One connection, usable from any thread, one thread at a time."""

    def __init__(self, connection: KeyedConnection, path: Path) -> None:
        """Wrap an open connection; use :meth:`open` or :meth:`create`."""
        self._connection = connection
        self._reader = connection.cursor()
        """One for all reads: the driver keeps a note of each cursor there ever was, and a burst of
        reads would leave them scattered over memory that could be given back otherwise."""
        self._lock = threading.RLock()
        self.path = path
        self._shown = path
        self._places = _places(path)
        self._file = NamedFile(path)
        self.beside: Database | None = None
        """Another one, without which nothing is written to this one."""
        self.key_file: Path | None = None
        """Likewise a file: without it nobody could read what was written."""

    @classmethod
    def create(cls, path: Path, key: SecretKey, *, application_id: int) -> Self:
        """Make a new, empty database that only its owner can read.

        Raises:
            FileExistsError: there is a file, which is left alone.
            DiskFull: there is no room, or no permission.

        """
        with no_room(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        database = cls._connect(path, key)
        with database._guard():  # noqa: SLF001  (its own class)
            connection = database._connection  # noqa: SLF001  (likewise)
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA application_id = {application_id}")
        return database

    @classmethod
    def open(cls, path: Path, key: SecretKey, *, application_id: int) -> Self:
        """Open an existing database. A file that does not open is never touched.

        Raises:
            WrongKey: it does not decrypt.
            NotOurDatabase: plain SQLite, or the store of another program.
            Damaged: it is missing or empty, or its pages are broken.
            DiskFull: it cannot be written.

        """
        check_header(path)
        if has_content(log_of(path)):
            # Who closes last moves the log into the file and removes it; who cannot write does not.
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
                f"{path}: cannot be opened: {error}", hint="check the path and its permissions"
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
        """The connection, for migrations and attacks; its errors are those of ``sqlite3``."""
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
                self._reader = self._connection.cursor()  # a failed one may hide the next error
                raise
            return rows

    @contextmanager
    def transaction(self) -> Iterator[KeyedConnection]:
        """Run a block in one write transaction, durable when the block is left.

        Raises:
            DiskFull: there is no room; nothing was changed.
            StorageError: another process kept the database locked; nothing was changed.
            Damaged: its files were moved or deleted; what was written would be gone with them.

        """
        with self._guard(), self._rolled_back_on_error():
            self._require_both_in_place()
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
            self._require_both_in_place()

    @contextmanager
    def snapshot(self) -> Iterator[KeyedConnection]:
        """Run a block of reads on one state of the database; joins an open transaction."""
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
        """Keep other threads out, and raise our errors, while the connection is used directly."""
        with self._guard():
            yield

    def checkpoint(self, *, pause: Callable[[float], None] = time.sleep) -> bool:
        """Move the write-ahead log into the database and truncate it.

        SQLite waits for readers and writers, but not for another connection that is moving the
        log too; that is over in a moment, and tried again after a ``pause`` of some seconds.

        Returns:
            Whether that was possible; false while another process reads.

        """
        for seconds in _CHECKPOINT_PAUSES_SECONDS:
            busy, frames, _ = self.read("PRAGMA wal_checkpoint(TRUNCATE)")[0]
            if not busy or frames != _NOT_LOOKED_AT:
                break
            pause(seconds)
        return not busy

    def vacuum_free_pages(self) -> None:
        """Give pages that hold nothing back to the file system."""
        self.read("PRAGMA incremental_vacuum")

    def release_memory(self) -> None:
        """Give back the pages that are kept in memory; they are read again when needed."""
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
        """Verify every page's HMAC and the structure above it; empty when all is well."""
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
        """Leave write-ahead logging, and let no other connection read or write until closed.

        Raises:
            StorageError: another process has it open.

        """
        # Who has it open, keeps it open: there is no point in waiting long.
        self.read(f"PRAGMA busy_timeout = {_ALONE_TIMEOUT_MILLISECONDS}")
        self.read("PRAGMA journal_mode = DELETE")  # fails while anybody else has it open
        self.read("PRAGMA locking_mode = EXCLUSIVE")
        with self._guard():
            self._connection.execute("BEGIN EXCLUSIVE")
            self._connection.execute("COMMIT")

    def use_write_ahead_log(self) -> None:
        """Return to write-ahead logging; nothing changes where it is in use."""
        self.read("PRAGMA journal_mode = WAL")

    def copy_into(self, path: Path, key: SecretKey) -> None:
        """Copy everything into a database that was created empty under another key."""
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
        """Connect again, after the file was exchanged for one under ``key``."""
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
        """Say whether its file is gone, by an erasure or another way, though it can be read yet."""
        return self._file.was_deleted()

    def _require_not_deleted(self) -> None:
        if self.was_deleted():
            raise Damaged(
                f"{self.path} was deleted while it was open",
                hint="nothing of it is shown any more; start edgeagent again for a new box",
            )

    def _require_both_in_place(self) -> None:
        self._places = self._require_in_place()
        if self.beside is not None:
            self.beside._require_in_place()  # noqa: SLF001  (its own class)

    def _require_in_place(self) -> tuple[_Place | None, _Place | None]:
        """Refuse to write where nobody finds it again: files stay open when their names are gone.

        The log is there from the first write on, and is the same one until the last connection of
        all processes closes.
        """
        database, log = _places(self.path)
        known_database, known_log = self._places
        in_place = database is not None and database == known_database and known_log in {None, log}
        if not in_place or not has_content(self.path):
            raise Damaged(
                f"{self.path} was moved, deleted, emptied or exchanged while it was open",
                hint="put its files back, or start edgeagent again; nothing is stored until then",
            )
        if self.key_file is not None and not self.key_file.exists():
            raise Damaged(
                f"{self.key_file} is gone, and without it {self.path.name} does not open again",
                hint="put it back; nothing is stored until then",
            )
        return database, log

    def refuse_writes(self, original: Path) -> None:
        """Let every write fail from now on, naming the file that cannot be written."""
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
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself, say on a full disk
                self._connection.execute("ROLLBACK")
            raise


def _places(path: Path) -> tuple[_Place | None, _Place | None]:
    """Return which files a database and its log are at this moment."""
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
            f"{database.path} opens, but is not the database it should be (id {found:#x})",
            hint="put the file back that belongs there",
        )


def _set_up(connection: KeyedConnection, key: SecretKey, path: Path) -> None:
    # Before the key: a wrong one would otherwise be reported on stderr, page by page.
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
