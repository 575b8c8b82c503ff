"""Read a home on a read-only file system, from a copy in memory.

SQLite reads a write-ahead log only if it can write beside it. Reading without the log
(``immutable=1``) would show rows again that the log deletes. So the encrypted databases and logs
are copied into a directory in memory that only its owner can enter, and read there; every write
fails.
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

_PLACES = ("/dev/shm", "/run", "/tmp")  # noqa: S108  (a directory of mode 0700 is created in it)


def is_writable(directory: Path) -> bool:
    """Return whether files can be created in a directory: its file system may be read-only."""
    return os.access(directory, os.W_OK)


def copy_to_memory(directory: Path, *, places: Sequence[str] = _PLACES) -> TemporaryDirectory[str]:
    """Copy databases, logs, wrapped keys and anchor of a home.

    Args:
        directory: the home.
        places: directories to try, those in memory first.

    Raises:
        WrongOwner: the home belongs to another user.
        DiskFull: none of them can be written, or has enough space.

    """
    import shutil  # noqa: PLC0415  (the resident process needs neither)
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
        hint="make one of them writable: a copy of the home is read there",
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
    """Raise if a home is read from a copy, so that its files cannot be changed.

    Raises:
        DiskFull: it is.

    """
    if copy is not None:
        raise DiskFull(
            f"{directory}: cannot be written",
            hint="mount that file system writable, or make it writable to you",
        )
