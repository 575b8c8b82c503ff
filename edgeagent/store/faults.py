"""Translate SQLite errors into ours, with a hint for the user."""

from __future__ import annotations

from pathlib import Path

from sqlcipher3 import dbapi2

from edgeagent.errors import Damaged, DiskFull, StorageError, WrongKey
from edgeagent.store.ownership import foreign_file
from edgeagent.store.standard_errors import sqlite3

__all__ = ["storage_error"]

_PRIMARY_MASK = 0xFF  # extended result codes carry the primary one in their low byte

_NO_ROOM = {
    dbapi2.SQLITE_CANTOPEN,
    dbapi2.SQLITE_FULL,
    dbapi2.SQLITE_IOERR,
    dbapi2.SQLITE_READONLY,
}
_IN_USE = {dbapi2.SQLITE_BUSY, dbapi2.SQLITE_LOCKED}


def storage_error(error: sqlite3.Error, path: Path) -> StorageError:
    """Return our error for one of SQLite's about the database at ``path``."""
    code = getattr(error, "sqlite_errorcode", dbapi2.SQLITE_ERROR) & _PRIMARY_MASK
    if code == dbapi2.SQLITE_NOTADB:
        return WrongKey(
            f"{path} does not open under this key: a wrong key, a file of another program, "
            "or a damaged first page (encryption leaves no way to tell which)",
            hint="use the key file that belongs to it, or restore both from a backup; "
            "the file has not been changed",
        )
    if code == dbapi2.SQLITE_CORRUPT:
        return Damaged(
            f"{path} is damaged: {error}",
            hint="restore it from a backup, or move it aside to start empty",
        )
    if code in _NO_ROOM:
        return foreign_file(path) or DiskFull(
            f"{path}: cannot be written: {error}",
            hint="free space on that file system, or make it writable; existing data are kept",
        )
    if code in _IN_USE:
        return StorageError(
            f"{path} is in use by another process", hint="wait for it to finish and try again"
        )
    return StorageError(f"{path}: {error}", hint="check the store: edgeagent doctor")
