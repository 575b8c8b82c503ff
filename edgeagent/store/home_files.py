"""The names of the files of a home; see :mod:`edgeagent.store.home` for what they hold."""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "DATABASES",
    "HISTORY",
    "KEY_FILE_NAME",
    "LEDGER",
    "LOCK_NAME",
    "MODELS_DIRECTORY",
    "SIDE_SUFFIXES",
    "anchor_file",
    "data_key_file",
    "database_file",
    "holds_box",
    "log_of",
]

LEDGER, HISTORY = "ledger", "history"
DATABASES = (LEDGER, HISTORY)
KEY_FILE_NAME = "kek"
"""The file of the key-encryption key, under provider "file"."""
LOCK_NAME = "lock"
MODELS_DIRECTORY = "models"
"""The directory of the box's copy of the signed repository."""

_LOG_SUFFIX = "-wal"
SIDE_SUFFIXES = (_LOG_SUFFIX, "-shm")
"""What SQLite appends to the name of a database for the files beside it."""


def database_file(directory: Path, name: str) -> Path:
    """Return the encrypted file of the database of that name."""
    return directory / f"{name}.db"


def data_key_file(directory: Path, name: str) -> Path:
    """Return its wrapped data key."""
    return directory / f"{name}.key"


def anchor_file(directory: Path, name: str) -> Path:
    """Return its anchor; only the ledger has one."""
    return directory / f"{name}.anchor"


def holds_box(directory: Path) -> bool:
    """Say whether a directory is the home of a box; one that is not there is none.

    Raises:
        PermissionError: this user may not look into it.

    """
    try:
        return any(path.name.startswith(f"{LEDGER}.") for path in directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def log_of(path: Path) -> Path:
    """Return the write-ahead log of a database."""
    return path.with_name(f"{path.name}{_LOG_SUFFIX}")
