"""Whether a service serves a home at this moment, and where: the home itself says it.

A command may have another environment than the service, so that it cannot guess its socket, nor
where its private sessions are kept. The file is locked as long as the service lives, and the kernel
lets go of that when it dies. It stays: what was watched privately may be told later.
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
"""No path holds it."""
_TRIES = 10
"""A command that looks holds the lock for less than the 10 ms of one try."""


@contextmanager
def present(home: Path, socket: Path, *, sessions: Path) -> Iterator[None]:
    """Say for the length of a block that ``home`` is served at ``socket``.

    From then on the home also says that its private sessions are kept below ``sessions``.

    Nothing is said where another service of it does, or where nothing can be written.
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
    """Return the socket of the service that serves ``home``; ``None``: there is none."""
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
    """Return below which directory the service that serves ``home``, or did last, keeps sessions.

    ``None``: nobody knows, or it is gone, with everything in it.
    """
    try:
        places = _places(read_regular(home / _NAME, cap_bytes=_CAP_BYTES))
    except OSError:
        return None
    return next((place for place in places[1:] if place.is_dir()), None)


def _places(data: bytes) -> list[Path]:
    return [Path(os.fsdecode(place)) for place in data.split(_SEPARATOR)]
