"""How many bytes updates may download in a day, across restarts.

The count lies beside the downloads, not in the encrypted store: it says what the network has seen.
A process that can change it can make a box download more of what it would verify; that is all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import EdgeAgentError, NetworkError
from edgeagent.messages.codec import KeptMessage, canonical_bytes, decode
from edgeagent.regular_file import read_regular

__all__ = ["DayBudget"]

_CAP_BYTES = 1024


class _DayBytes(KeptMessage, frozen=True, kw_only=True):
    day: int = -1
    """Days since 1970."""
    spent_bytes: int = 0


class DayBudget:
    """Counts the bytes of today."""

    def __init__(self, file: Path, *, limit_bytes: int, now: int) -> None:
        """Continue the count in ``file``; an unreadable one, or of another day, begins at 0.

        Args:
            file: where the count is kept.
            limit_bytes: how much may be downloaded on the day of ``now``; the last chunk of 64 KB
                may go beyond.
            now: seconds UTC.

        """
        self._file = file
        self._limit_bytes = limit_bytes
        self._day = now // DAY_SECONDS
        kept = _DayBytes()
        with suppress(OSError, EdgeAgentError):
            kept = decode(read_regular(file, cap_bytes=_CAP_BYTES), _DayBytes, cap_bytes=_CAP_BYTES)
        self._spent_bytes = kept.spent_bytes if kept.day == self._day else 0

    def require(self) -> None:
        """Raise if nothing is left.

        Raises:
            NetworkError: today's bytes are spent.

        """
        if self._spent_bytes >= self._limit_bytes:
            raise NetworkError(
                f"updates have downloaded {self._spent_bytes:,} bytes today and may download "
                f"{self._limit_bytes:,}",
                hint="what has arrived is kept, and an update tomorrow continues; the setting "
                "update_megabytes_per_day changes the limit",
            )

    def counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield chunks while there is something left; write the count at the end, however it ends.

        Raises:
            NetworkError: today's bytes are spent.

        """
        try:
            for chunk in chunks:
                self.require()
                self._spent_bytes += len(chunk)
                yield chunk
        finally:
            self._save()

    def _save(self) -> None:
        aside = self._file.with_suffix(".new")
        aside.write_bytes(canonical_bytes(_DayBytes(day=self._day, spent_bytes=self._spent_bytes)))
        aside.replace(self._file)
