"""Whether an open file still has a name: a file without one is lost when it is closed.

A moved file still has one. The descriptor is opened with ``O_PATH``, because closing an ordinary
one would release the POSIX locks that SQLite holds on the file.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path

__all__ = ["NamedFile"]


class NamedFile:
    """A file, tracked across renames."""

    def __init__(self, path: Path) -> None:
        """Track the file at ``path``; a missing file has no name."""
        try:
            self._descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            self._descriptor = -1
        self._release = weakref.finalize(self, _close, self._descriptor)

    def close(self) -> None:
        """Stop tracking it: an open descriptor prevents its file system from being unmounted."""
        self._release()

    def was_deleted(self) -> bool:
        """Return whether its last name is gone; false once it is no longer tracked."""
        if not self._release.alive:
            return False
        return self._descriptor < 0 or os.fstat(self._descriptor).st_nlink == 0


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)
