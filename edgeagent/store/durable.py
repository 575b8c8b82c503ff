"""Files that survive a power cut: write a temporary file, fsync, rename, fsync the directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeagent.errors import DiskFull
from edgeagent.store.ownership import foreign_file

__all__ = [
    "create_durably",
    "destroy_durably",
    "move_durably",
    "no_room",
    "overwrite_durably",
    "replace_durably",
    "sync_directory",
    "sync_file",
]

_PRIVATE_MODE = 0o600


def replace_durably(path: Path, data: bytes) -> None:
    """Replace the contents of ``path`` atomically: a reader sees the old or the new bytes.

    The caller holds the home's lock, so that two writers never share the temporary file.

    Raises:
        DiskFull: no space or no permission; the old contents stay.

    """
    with no_room(path):
        _write_aside(path, data).replace(path)
        sync_directory(path.parent)


def create_durably(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data``, whole or not at all, unless it exists.

    Raises:
        FileExistsError: it exists, and is left unchanged.
        DiskFull: no space or no permission.

    """
    with no_room(path):
        aside = _write_aside(path, data)
        try:
            path.hardlink_to(aside)  # like O_EXCL, but with the contents already synced
        finally:
            aside.unlink()
        sync_directory(path.parent)


def move_durably(source: Path, destination: Path) -> None:
    """Rename a file within one directory so that the new name survives a power cut."""
    with no_room(destination):
        source.replace(destination)
        sync_directory(destination.parent)


def overwrite_durably(path: Path) -> None:
    """Overwrite a file with zeros; on flash the controller may keep the old blocks.

    Links are not followed, pipes do not block, and a missing file is not an error.
    """
    if path.is_symlink() or not path.is_file():
        return
    with no_room(path):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            os.write(descriptor, bytes(os.fstat(descriptor).st_size))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def destroy_durably(path: Path) -> None:
    """Overwrite a small file with zeros and remove it; a missing file is not an error."""
    overwrite_durably(path)
    with no_room(path):
        path.unlink(missing_ok=True)
        sync_directory(path.parent)


def sync_file(path: Path) -> None:
    """Flush a file to disk (fsync)."""
    with no_room(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Flush the names in a directory to disk (fsync)."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def no_room(path: Path) -> Iterator[None]:
    """Translate the errors of a failed write; FileExistsError passes through.

    Raises:
        WrongOwner: the file belongs to another user.
        DiskFull: any other failed write.

    """
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise (
            foreign_file(path)
            or DiskFull(
                f"{path}: cannot be written: {error.strerror}",
                hint="free space on that file system, or make it writable, and try again",
            )
        ) from error


def _write_aside(path: Path, data: bytes) -> Path:
    aside = path.with_name(f"{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(aside, flags, _PRIVATE_MODE)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside
