"""Files in a tmpfs that only this user can access: they outlive a process and end with the boot.

Any user may create a directory in shared memory. So ours has mode 0700, and its owner and mode are
checked before its content is trusted: no other user can read or write there.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edgeagent.errors import DiskFull, StorageError, WrongOwner
from edgeagent.store.ownership import user_name

__all__ = ["RuntimeFile", "runtime_directory"]

_HINT = "set XDG_RUNTIME_DIR to a directory in memory that this user may write"
_IN_DOUBT = "it is unknown what is private, so nothing is stored"

Stamp = tuple[int, int, int]


class RuntimeFile:
    """One small file in this user's directory below a directory in memory."""

    def __init__(self, parent: Path, name: str) -> None:
        """Use the file ``name`` below ``parent``; nothing is created before the first write."""
        self._directory = parent / f"edgeagent-{os.geteuid()}"
        self._file = self._directory / name

    def fault(self) -> StorageError | None:
        """Return why the content cannot be trusted; ``None`` if it can, or there is none."""
        try:
            facts = self._directory.lstat()
        except OSError:
            return None
        return self._fault_of_directory(facts) or self._fault_of_file()

    def _fault_of_file(self) -> StorageError | None:
        try:
            is_regular = stat.S_ISREG(self._file.lstat().st_mode)
        except OSError:
            return None
        if is_regular:
            return None
        return DiskFull(f"{self._file} is no regular file: {_IN_DOUBT}", hint="move it elsewhere")

    def _fault_of_directory(self, facts: os.stat_result) -> StorageError | None:
        if facts.st_uid != os.geteuid():
            owner = user_name(facts.st_uid)
            return WrongOwner(f"{self._directory} belongs to {owner}: {_IN_DOUBT}", hint=_HINT)
        if not stat.S_ISDIR(facts.st_mode):
            return DiskFull(f"{self._directory} is no directory: {_IN_DOUBT}", hint=_HINT)
        mode = stat.S_IMODE(facts.st_mode)
        if mode & 0o077:
            return DiskFull(
                f"{self._directory} is open to others (mode {mode:04o}): {_IN_DOUBT}",
                hint=f"chmod 700 {self._directory}",
            )
        return None

    def stamp(self) -> Stamp | None:
        """Return a value that changes with every write; ``None``: no file of this user."""
        if self.fault() is not None:
            return None
        try:
            facts = self._file.lstat()
        except OSError:
            return None
        return facts.st_ino, facts.st_mtime_ns, facts.st_size

    def read(self) -> bytes | None:
        """Return the file's content; ``None``: no file of this user."""
        if self.fault() is not None:
            return None
        try:
            return self._file.read_bytes()
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        """Replace the file's content.

        Raises:
            DiskFull: it cannot be written.

        """
        new = self._file.with_suffix(".new")
        try:
            new.unlink(missing_ok=True)  # left by an interrupted write
            new.touch(mode=0o600)
            new.write_bytes(data)
            new.replace(self._file)
        except OSError as error:
            raise DiskFull(f"{self._file}: {error.strerror}", hint=_HINT) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock out other processes while a block reads, decides and writes.

        Raises:
            DiskFull, WrongOwner: there is no directory that only this user can access.

        """
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            if (fault := self.fault()) is not None:
                raise fault
            descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise DiskFull(f"{self._directory}: {error.strerror}", hint=_HINT) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def runtime_directory(environment: Mapping[str, str]) -> Path:
    """Return a directory in memory: ``XDG_RUNTIME_DIR``, or else shared memory."""
    named = environment.get("XDG_RUNTIME_DIR")
    return Path(named) if named else Path("/dev/shm")  # noqa: S108  (tmpfs is the point)
