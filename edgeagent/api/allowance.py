"""How much apps may tell: an app in a loop neither fills the disk nor keeps the others out.

Two buckets that fill with time, one for all apps and one for each connection, of half its size. A
viewing takes a drop out of both; where one lacks, nothing is taken and nothing stored. A list is
taken whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.errors import TooManyViewings

__all__ = ["Allowance"]

_HOUR_SECONDS = 3600
_PART = 2
"""One connection has one part in this many of what all have."""


@dataclass(slots=True, kw_only=True)
class _Bucket:
    room: float
    filled_at: int


class Allowance:
    """Counts what apps tell."""

    def __init__(self, *, at_once: int, per_hour: int) -> None:
        """Allow all apps together ``at_once`` viewings, which come back at ``per_hour``."""
        self._at_once = at_once
        self._per_hour = per_hour
        self._all: _Bucket | None = None
        self._each: dict[int, _Bucket] = {}

    def take(self, connection: int, viewings: int, *, now: int) -> None:
        """Count viewings that a connection is about to tell.

        Raises:
            TooManyViewings: there is no room for them; nothing was counted.

        """
        everybody = self._filled(self._all, now=now, part=1)
        own = self._filled(self._each.get(connection), now=now, part=_PART)
        self._all, self._each[connection] = everybody, own
        if viewings > min(everybody.room, own.room):
            raise TooManyViewings(
                f"{viewings} more viewings are more than apps may tell of now",
                hint=f"send each viewing once, when it ends: room for {self._per_hour // _PART} an "
                "hour comes back; viewings_per_hour in the settings changes that",
            )
        everybody.room -= viewings
        own.room -= viewings

    def __contains__(self, connection: int) -> bool:
        """Whether a connection has told something."""
        return connection in self._each

    def leave(self, connection: int) -> None:
        """A connection has gone; what it told still counts for all."""
        self._each.pop(connection, None)

    def _filled(self, bucket: _Bucket | None, *, now: int, part: int) -> _Bucket:
        full = self._at_once / part
        if bucket is None:
            return _Bucket(room=full, filled_at=now)
        passed = max(now - bucket.filled_at, 0)  # a clock that was set back gives nothing
        come_back = passed * self._per_hour / part / _HOUR_SECONDS
        return _Bucket(room=min(full, bucket.room + come_back), filled_at=now)
