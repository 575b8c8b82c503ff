"""Private viewing: while it lasts nothing is stored, and nothing tells later that it was there.

A service keeps the state in memory. Without a service it is an empty file in the runtime directory
(tmpfs, gone at restart) whose modification time is the moment the session ends: no content, no
profile, nothing in the home.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from edgeagent.clock import Clock
from edgeagent.errors import DiskFull, InputError

__all__ = [
    "DEFAULT_MINUTES",
    "MAX_MINUTES",
    "MarkedPrivateSession",
    "PrivateSession",
    "runtime_directory",
]

DEFAULT_MINUTES = 240
"""A long evening: a forgotten private session ends by itself."""
MAX_MINUTES = 24 * 60


class PrivateSession(Protocol):
    """Whether the box is looking away."""

    def start(self, minutes: int) -> int:
        """Begin, or begin anew, and return when it ends, seconds UTC."""
        ...

    def stop(self) -> None:
        """End it; harmless when there is none."""
        ...

    def ends_at(self) -> int | None:
        """Return when the present one ends, or ``None``."""
        ...


class MarkedPrivateSession:
    """A private session that lasts over short processes, by a marker in a tmpfs."""

    def __init__(self, home: Path, *, clock: Clock, directory: Path) -> None:
        """Keep the marker of the box in ``home`` in ``directory``."""
        name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
        self._marker = directory / f"edgeagent-{name}.private"
        self._clock = clock

    def start(self, minutes: int) -> int:
        """Begin, or begin anew, and return when it ends, seconds UTC.

        Raises:
            InputError: not between a minute and a day.
            DiskFull: the runtime directory cannot be written.

        """
        if not 1 <= minutes <= MAX_MINUTES:
            raise InputError(
                f"a private session of {minutes} minutes",
                hint=f"ask for 1 to {MAX_MINUTES} minutes; it can be begun anew",
            )
        end = self._clock.now() + 60 * minutes
        try:
            self._marker.touch(mode=0o600)
            os.utime(self._marker, (end, end))
        except OSError as error:
            raise DiskFull(
                f"{self._marker.parent}: {error.strerror}",
                hint="set XDG_RUNTIME_DIR to a directory in memory that this user may write",
            ) from error
        return end

    def stop(self) -> None:
        """End it; harmless when there is none."""
        self._marker.unlink(missing_ok=True)

    def ends_at(self) -> int | None:
        """Return when the present one ends, or ``None``."""
        try:
            end = int(self._marker.stat().st_mtime)
        except FileNotFoundError:
            return None
        left_seconds = end - self._clock.now()
        return end if 0 < left_seconds <= 60 * MAX_MINUTES else None


def runtime_directory(environment: Mapping[str, str]) -> Path:
    """Return a directory in memory for this user: ``XDG_RUNTIME_DIR``, else shared memory."""
    named = environment.get("XDG_RUNTIME_DIR")
    return Path(named) if named else Path("/dev/shm")  # noqa: S108  (tmpfs is the point)
