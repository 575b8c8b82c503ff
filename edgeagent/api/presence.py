"""The file in a home that says where its service listens, and where its private sessions are kept.

A command may have another environment than the service, so that it cannot derive these paths. The
file is locked while the service runs, and the kernel releases the lock when it ends. The file
stays: a viewing from a private session may be reported later.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgeagent.errors import StorageError
from edgeagent.regular_file import open_regular, read_regular
from edgeagent.store.durable import no_room
from edgeagent.store.lock import HomeLock

__all__ = ["present", "served_at", "sessions_of"]

_NAME = "service"
_CAP_BYTES = 16_384
_SEPARATOR = b"\0"
"""A path cannot hold it."""
_TRIES = 10
"""A command that reads holds the lock for less than the 10 ms of one try."""


@contextmanager
def present(home: Path, socket: Path, *, sessions: Path) -> Iterator[None]:
    """Declare within a block that ``home`` is served at ``socket``.

    The directory of its private sessions is declared, too, and stays so after the block. Nothing is
    declared where another service of this home has done so, or where the file cannot be written.
    """
    path = home / _NAME
    with ExitStack() as stack:
        try:
            stack.enter_context(HomeLock(path, tries=_TRIES).held())
            with no_room(path):
                places = (os.fsencode(place.absolute()) for place in (socket, sessions))
                path.write_bytes(_SEPARATOR.join(places))
        except StorageError:
            yield
            return
        yield


def served_at(home: Path) -> Path | None:
    """Return the socket of the service that serves ``home`` now; ``None``: none does."""
    try:
        file = open_regular(home / _NAME)
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _places(file.read(_CAP_BYTES))[0]
        return None


def sessions_of(home: Path) -> Path | None:
    """Return the directory of private sessions that the last service of ``home`` declared.

    ``None``: no service has, or the directory is gone with the sessions in it.
    """
    try:
        places = _places(read_regular(home / _NAME, cap_bytes=_CAP_BYTES))
    except OSError:
        return None
    return next((place for place in places[1:] if place.is_dir()), None)


def _places(data: bytes) -> list[Path]:
    return [Path(os.fsdecode(place)) for place in data.split(_SEPARATOR)]
