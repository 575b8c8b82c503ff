"""Options that name where a result goes: refused before the work, not an hour later.

A place is tried, not looked at: root may write everywhere but on a file system that is read-only,
and a disk may be full.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import click

from edgeagent.errors import OutputError

__all__ = ["STDOUT", "OutputDirectory", "OutputFile"]

STDOUT = Path("-")

_Given = str | os.PathLike[str]
_FULL = os.makedev(1, 7)
"""The number of ``/dev/full``. Other devices are not tried: a byte written there has an effect."""
_TRIAL_BYTES = bytes(4096)
"""One block: some file systems keep less in the directory entry, even if no block is free."""


class _Output(click.Path, ABC):
    """A place that is tried before anything else is done."""

    _when_empty: ClassVar[str]

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return the path; nothing is made yet.

        Raises:
            OutputError: nothing can be written there.

        """
        if not os.fspath(value):
            self.fail(f"it is empty{self._when_empty}", param, ctx)
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        self._check(path)
        return path

    @abstractmethod
    def _check(self, path: Path) -> None:
        """Raise OutputError where nothing can be written."""


class OutputFile(_Output):
    """A file to be written; its directory has to be there."""

    _when_empty = ": name a file"

    def __init__(self, *, or_stdout: bool = False) -> None:
        """Take any name; ``or_stdout``: and ``-``, which is returned as it is."""
        super().__init__(dir_okay=False, readable=False, path_type=Path)
        self._or_stdout = or_stdout

    def _check(self, path: Path) -> None:
        if self._or_stdout and path == STDOUT:
            return
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            if not path.parent.exists():
                raise OutputError(
                    f"{path} cannot be written: there is no directory {path.parent}",
                    hint="make it first, or name another place",
                ) from None
            _try(path.parent, path)
        except OSError as error:
            raise _refused(path, error) from error
        else:
            if not os.access(path, os.W_OK):
                raise _refused(path, PermissionError(0, "it may not be written"))
            if stat.S_ISREG(mode):
                _try(path.parent, path)
            elif path.stat().st_rdev == _FULL:
                raise _refused(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


class OutputDirectory(_Output):
    """A directory to be written into; it is made later where it is not there."""

    _when_empty = ", and would mean the present directory: write '.'"

    def __init__(self) -> None:
        """Take any name."""
        super().__init__(file_okay=False, readable=False, path_type=Path)

    def _check(self, path: Path) -> None:
        present = next(
            place for place in (path, *path.absolute().parents) if _is_there(place, path)
        )
        _try(present, path)


def _is_there(place: Path, wanted: Path) -> bool:
    try:
        place.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(wanted, error) from error
    return True


def _try(directory: Path, wanted: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=directory) as file:  # O_TMPFILE if the file system has it
            file.write(_TRIAL_BYTES)
    except OSError as error:
        raise _refused(wanted, error) from error


def _refused(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error.strerror}", hint="name a place that can be written to"
    )
