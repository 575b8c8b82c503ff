"""Translate SQLite errors into ours, with a hint for the user."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from edgeagent.errors import Damaged, DiskFull, StorageError, WrongKey
from edgeagent.store.ownership import foreign_file

__all__ = ["storage_error"]

_PRIMARY_MASK = 0xFF  # extended result codes carry the primary one in their low byte

_NO_ROOM = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}
_IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def storage_error(error: sqlite3.Error, path: Path) -> StorageError:
    """Return our error for one of SQLite's about the database at ``path``."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_MASK
    if code == sqlite3.SQLITE_NOTADB:
        return WrongKey(
            f"{path} does not open under this key: a wrong key, a file of another program, "
            "or a damaged first page (encryption leaves no way to tell which)",
            hint="use the key file that belongs to it, or restore both from a backup; "
            "the file has not been changed",
        )
    if code == sqlite3.SQLITE_CORRUPT:
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
