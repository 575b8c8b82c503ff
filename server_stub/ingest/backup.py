"""Copy a store while a server writes to it, and put a copy back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from edgeagent.errors import InputError, OutputError
from server_stub.ingest.store import check_whole, open_for_reading

__all__ = ["back_up", "restore"]

_PAGES = 1024
"""Copied at a time: between two steps a server may write."""


def back_up(
    store: Path, target: Path, *, advance: Callable[[int, int], None] = lambda _left, _all: None
) -> None:
    """Copy a store into a new file; the state is that of one moment.

    Args:
        store: a server may be writing to it.
        target: must not exist; appears once it is whole and on disk.
        advance: called with the pages that are left and all of them.

    Raises:
        InputError: there is no such store, or ``target`` exists.
        OutputError: it cannot be written.
        StorageError: the store cannot be read, or is damaged.

    """
    with open_for_reading(store) as connection, _appearing(target) as path:
        with closing(sqlite3.connect(path)) as copy:
            connection.backup(
                copy, pages=_PAGES, progress=lambda _status, left, total: advance(left, total)
            )
        check_whole(path)


def restore(backup: Path, store: Path) -> None:
    """Put a copy back as a store.

    Args:
        backup: what :func:`back_up` wrote.
        store: must not exist, so that nothing newer is lost.

    Raises:
        InputError: there is no such backup, or ``store`` exists.
        OutputError: it cannot be written.
        StorageError: the backup is damaged.

    """
    back_up(backup, store)


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Yield a file beside ``target`` that becomes it if all goes well."""
    left = [target.with_name(target.name + end) for end in ("", "-wal", "-shm")]
    if any(path.exists() for path in left):
        raise InputError(
            f"{target} exists", hint="name a file that does not exist, or move that one away"
        )
    path = None
    try:
        handle, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        path = Path(name)
        yield path
        _to_disk(path)
        os.link(path, target)  # unlike a rename, never over what appeared meanwhile
        path.unlink()
        _to_disk(target.parent)
    except (OSError, sqlite3.OperationalError) as error:
        raise OutputError(
            f"{target} cannot be written: {getattr(error, 'strerror', None) or error}",
            hint="check that its directory exists, can be written and has space",
        ) from error
    finally:
        if path is not None:
            with suppress(FileNotFoundError):
                path.unlink()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
