"""A home that cannot be written is still read: from a copy in memory.

SQLite reads a write-ahead log only where it can write beside it. Reading without the log
(``immutable=1``) would bring rows back that were deleted in it. So databases and logs are copied,
encrypted as they are, into a directory in memory that only its owner can enter, and read there;
every write fails.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.errors import DiskFull
from edgeagent.store.durable import no_room
from edgeagent.store.home_files import DATABASES, anchor_file, data_key_file, database_file, log_of
from edgeagent.store.ownership import foreign_file

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

__all__ = ["copy_to_memory", "is_writable", "require_writable"]

_PLACES = ("/dev/shm", "/run", "/tmp")  # noqa: S108  (a directory of mode 0700 is made in it)


def is_writable(directory: Path) -> bool:
    """Say whether files can be made in a directory: its file system may be read-only."""
    return os.access(directory, os.W_OK)


def copy_to_memory(directory: Path, *, places: Sequence[str] = _PLACES) -> TemporaryDirectory[str]:
    """Copy databases, logs, wrapped keys and anchor of a home.

    Args:
        directory: the home.
        places: directories to try, in memory where the machine has such.

    Raises:
        WrongOwner: the home is somebody else's.
        DiskFull: there is no such directory, or no room in it.

    """
    import shutil  # noqa: PLC0415  (the resident process never needs it, nor the next)
    from tempfile import TemporaryDirectory  # noqa: PLC0415  (see above)

    foreign = foreign_file(directory)
    if foreign is not None:
        raise foreign
    for place in places:
        if Path(place).is_dir() and is_writable(Path(place)):
            copy = TemporaryDirectory(prefix="edgeagent-", dir=place)
            with no_room(Path(copy.name)):
                for path in (path for name in DATABASES for path in _copied(directory, name)):
                    if path.exists():
                        shutil.copy(path, copy.name)
            return copy
    raise DiskFull(
        f"{directory} cannot be written, and neither can {', '.join(places)}",
        hint="make one of them writable: a copy to read from is made there",
    )


def _copied(directory: Path, name: str) -> tuple[Path, ...]:
    database = database_file(directory, name)
    return (
        data_key_file(directory, name),
        database,
        log_of(database),
        anchor_file(directory, name),
    )


def require_writable(directory: Path, copy: TemporaryDirectory[str] | None) -> None:
    """Refuse what would change the files of a home that is read from a copy.

    Raises:
        DiskFull: it is.

    """
    if copy is not None:
        raise DiskFull(
            f"{directory}: cannot be written",
            hint="mount that file system writable, or make it writable to you",
        )
