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
        else:
            self._finalizer = weakref.finalize(self, os.close, self._descriptor)

    def was_deleted(self) -> bool:
        """Say whether its last name is gone."""
        return self._descriptor < 0 or os.fstat(self._descriptor).st_nlink == 0
