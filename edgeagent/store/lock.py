"""One lock per home: one process at a time works across a database and a side file.

SQLite's locks cover a single database. Creating a home, migrating, and the steps anchor, COMMIT,
anchor involve other files; they hold this lock, which the kernel releases when a process dies.
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
"""Ten seconds together, as long as a busy database is waited for."""


class HomeLock:
    """An advisory, exclusive, re-entrant lock on a file (flock(2))."""

    def __init__(self, path: Path, *, tries: int = _TRIES) -> None:
        """Lock ``path``, retrying every 10 ms up to ``tries`` times."""
        self._path = path
        self._tries = tries
        self._threads = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock during a block.

        Raises:
            StorageError: another process did not release it in time.

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
            f"{self._path.parent} is locked by another edgeagent process",
            hint="wait for that process to finish, or stop it, and try again",
        )
