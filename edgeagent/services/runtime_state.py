"""Files in memory that are this user's alone: they outlive a process, and end with the boot.

Anybody may make a directory in shared memory. So ours is of mode 0700 and its owner is looked at
before anything in it is believed: nobody else reads there, and nobody else leaves anything there.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edgeagent.errors import DiskFull

__all__ = ["RuntimeFile", "runtime_directory"]

_HINT = "set XDG_RUNTIME_DIR to a directory in memory that this user may write"

Stamp = tuple[int, int, int]


class RuntimeFile:
    """One small file in this user's directory below a directory in memory."""

    def __init__(self, parent: Path, name: str) -> None:
        """Keep the file ``name`` below ``parent``; nothing is made before it is written."""
        self._directory = parent / f"edgeagent-{os.geteuid()}"
        self._file = self._directory / name

    def stamp(self) -> Stamp | None:
        """Return what differs whenever the file has been written; ``None``: nothing of ours."""
        if not self._is_ours():
            return None
        try:
            facts = self._file.lstat()
        except OSError:
            return None
        return facts.st_ino, facts.st_mtime_ns, facts.st_size

    def read(self) -> bytes | None:
        """Return what the file holds; ``None``: nothing of ours."""
        if not self._is_ours():
            return None
        try:
            return self._file.read_bytes()
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        """Replace what the file holds.

        Raises:
            DiskFull: it cannot be written.

        """
        new = self._file.with_suffix(".new")
        try:
            new.touch(mode=0o600)
            new.write_bytes(data)
            new.replace(self._file)
        except OSError as error:
            raise DiskFull(f"{self._file}: {error.strerror}", hint=_HINT) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process write while a block reads, decides and writes.

        Raises:
            DiskFull: there is no directory of this user's own.

        """
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            if not self._is_ours():
                raise DiskFull(
                    f"{self._directory} belongs to somebody else, or is open to others", hint=_HINT
                )
            descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise DiskFull(f"{self._directory}: {error.strerror}", hint=_HINT) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _is_ours(self) -> bool:
        try:
            facts = self._directory.lstat()
        except OSError:
            return False
        private = stat.S_ISDIR(facts.st_mode) and not stat.S_IMODE(facts.st_mode) & 0o077
        return private and facts.st_uid == os.geteuid()


def runtime_directory(environment: Mapping[str, str]) -> Path:
    """Return a directory in memory: ``XDG_RUNTIME_DIR``, else shared memory."""
    named = environment.get("XDG_RUNTIME_DIR")
    return Path(named) if named else Path("/dev/shm")  # noqa: S108  (tmpfs is the point)
