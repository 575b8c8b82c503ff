"""One lock per home: what spans a database and a side file is done by one process at a time.

SQLite's own locks order everything inside a database. Making a home, migrating, and the steps
anchor - COMMIT - anchor reach past it; they hold this lock, which the kernel lets go of when a
process dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeagent.errors import StorageError
from edgeagent.store.durable import no_room

__all__ = ["HomeLock"]

_TRIES = 1000
_PAUSE_SECONDS = 0.01


class HomeLock:
    """An advisory, exclusive lock on a file (flock(2)); may be taken again by its holder."""

    def __init__(self, path: Path, *, tries: int = _TRIES) -> None:
        """Lock ``path``, waiting ``tries`` times 10 ms for another process."""
        self._path = path
        self._tries = tries
        self._threads = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the length of a block.

        Raises:
            StorageError: another process did not let go of it in time.

        """
        with self._threads:
            self._depth += 1
            try:
                if self._depth > 1:
                    yield
                else:
                    with self._flock():
                        yield
            finally:
                self._depth -= 1

    @contextmanager
    def _flock(self) -> Iterator[None]:
        with no_room(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        for _ in range(self._tries):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE_SECONDS)
            else:
                return
        raise StorageError(
            f"{self._path.parent} is being written by another edgeagent process",
            hint="wait for that process to finish, or stop it, and try again",
        )
