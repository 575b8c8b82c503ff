"""How much apps may tell: an app in a loop neither fills the disk nor keeps the others out.

Buckets that fill with time: one for all apps, one of three quarters its size for each peer (a user
of the unix socket, or all of the WebSocket), one of half its size for each connection. Who connects
anew gets no new room. A viewing takes a drop out of each; where one lacks, nothing is taken and
nothing stored. A list is taken whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.errors import TooManyViewings

__all__ = ["Allowance"]

_HOUR_SECONDS = 3600
_OF_PEER = 0.75
"""What part of all room one peer has."""
_OF_CONNECTION = 0.5
"""What part one connection has."""


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
        self._buckets: dict[int | str | None, _Bucket] = {}
        """By connection, by peer, and for all."""

    def take(self, viewings: int, *, connection: int, peer: str, now: int) -> None:
        """Count viewings that a connection of a peer is about to tell.

        Raises:
            TooManyViewings: there is no room for them; nothing was counted.

        """
        buckets = [
            self._filled(key, part=part, now=now)
            for key, part in ((None, 1.0), (peer, _OF_PEER), (connection, _OF_CONNECTION))
        ]
        if viewings > min(bucket.room for bucket in buckets):
            an_hour = int(self._per_hour * _OF_CONNECTION)
            raise TooManyViewings(
                f"{viewings} more viewings are more than apps may tell of now",
                hint=f"send each viewing once, when it ends: room for {an_hour} an "
                "hour comes back; viewings_per_hour in the settings changes that",
            )
        for bucket in buckets:
            bucket.room -= viewings

    def __contains__(self, connection: int) -> bool:
        """Whether a connection has told something."""
        return connection in self._buckets

    def leave(self, connection: int) -> None:
        """A connection has gone; what it told still counts for its peer and for all."""
        self._buckets.pop(connection, None)

    def _filled(self, key: int | str | None, *, part: float, now: int) -> _Bucket:
        full = self._at_once * part
        bucket = self._buckets.setdefault(key, _Bucket(room=full, filled_at=now))
        passed = max(now - bucket.filled_at, 0)  # a clock that was set back gives nothing
        bucket.room = min(full, bucket.room + passed * self._per_hour * part / _HOUR_SECONDS)
        bucket.filled_at = now
        return bucket
