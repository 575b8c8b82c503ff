"""Whether a service serves a home at this moment, and where: the home itself says it.

A command may have another environment than the service, so that it cannot guess its socket. The
file is locked as long as the service lives, and the kernel lets go of that when it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgeagent.errors import StorageError
from edgeagent.regular_file import open_regular
from edgeagent.store.durable import no_room
from edgeagent.store.lock import HomeLock

__all__ = ["present", "served_at"]

_NAME = "service"
_TRIES = 10
"""A command that looks holds the lock for less than the 10 ms of one try."""


@contextmanager
def present(home: Path, socket: Path) -> Iterator[None]:
    """Say for the length of a block that ``home`` is served at ``socket``.

    Not where another service of it does, or where nothing can be written.
    """
    path = home / _NAME
    with ExitStack() as stack:
        try:
            stack.enter_context(HomeLock(path, tries=_TRIES).held())
            with no_room(path):
                path.write_bytes(os.fsencode(socket.absolute()))
        except StorageError:
            yield
            return
        yield
        path.unlink(missing_ok=True)


def served_at(home: Path) -> Path | None:
    """Return the socket of the service that serves ``home``; ``None``: there is none."""
    try:
        file = open_regular(home / _NAME)
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Path(os.fsdecode(file.read()))
        return None
