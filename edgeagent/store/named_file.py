"""Whether a file that is open still has a name: without one nobody finds it again, and it is gone.

A file that was moved still has one. The descriptor is for that question alone (``O_PATH``): closing
any other would drop the locks that SQLite holds on the file.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path

__all__ = ["NamedFile"]


class NamedFile:
    """A file, followed wherever it is moved."""

    def __init__(self, path: Path) -> None:
        """Follow the file at ``path``; one that is not there has no name."""
        try:
            self._descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            self._descriptor = -1
        self._release = weakref.finalize(self, _close, self._descriptor)

    def close(self) -> None:
        """Follow it no longer: a file that is held keeps its file system from being unmounted."""
        self._release()

    def was_deleted(self) -> bool:
        """Say whether its last name is gone; of one that is no longer followed nobody knows."""
        if not self._release.alive:
            return False
        return self._descriptor < 0 or os.fstat(self._descriptor).st_nlink == 0


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)
