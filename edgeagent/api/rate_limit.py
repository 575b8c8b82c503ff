"""How much apps may tell: an app in a loop neither fills the disk nor keeps the others out.

Buckets that fill with time: one for each peer, which is a user of this system, and one of half its
size for each connection. Reconnecting refills nothing. A viewing takes a drop out of both; where
one lacks, nothing is taken and nothing stored. A list is taken whole or not at all.

No bucket is shared by peers, or each could count in it what the others tell. A few users may tell
at a time; when there are more, those that come last share one.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import HOUR_SECONDS
from edgeagent.errors import TooManyViewings

__all__ = ["MOST_PEERS", "RateLimiter"]

_OF_CONNECTION = 0.5
"""What part of a peer's room one connection has."""
MOST_PEERS = 16
"""Peers with a bucket of their own; one that is full again is nobody's."""
_THE_OTHERS = "the others"


@dataclass(slots=True, kw_only=True)
class _Bucket:
    room: float
    filled_at: int


class RateLimiter:
    """Counts what apps tell."""

    def __init__(self, *, at_once: int, per_hour: int) -> None:
        """Allow each peer ``at_once`` viewings, which come back at ``per_hour``."""
        self._at_once = at_once
        self._per_hour = per_hour
        self._peers: dict[str, _Bucket] = {}
        self._connections: dict[int, _Bucket] = {}

    def take(self, viewings: int, *, connection: int, peer: str, now: int) -> None:
        """Count viewings that a connection of a peer is about to tell.

        Raises:
            TooManyViewings: there is no room for them; nothing was counted.

        """
        if not viewings:
            return
        full = _Bucket(room=self._at_once * _OF_CONNECTION, filled_at=now)
        own = self._connections.setdefault(connection, full)
        self._fill(own, part=_OF_CONNECTION, now=now)
        buckets = (own, self._of_peer(peer, now))
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
        return connection in self._connections

    def leave(self, connection: int) -> None:
        """A connection has gone; what it told still counts for its peer."""
        self._connections.pop(connection, None)

    def _of_peer(self, peer: str, now: int) -> _Bucket:
        for bucket in self._peers.values():
            self._fill(bucket, part=1.0, now=now)
        if peer not in self._peers and len(self._peers) >= MOST_PEERS:
            self._peers = {
                name: bucket for name, bucket in self._peers.items() if bucket.room < self._at_once
            }
            if len(self._peers) >= MOST_PEERS:
                peer = _THE_OTHERS
        return self._peers.setdefault(peer, _Bucket(room=self._at_once, filled_at=now))

    def _fill(self, bucket: _Bucket, *, part: float, now: int) -> None:
        passed = max(now - bucket.filled_at, 0)  # a clock that was set back gives nothing
        more = passed * self._per_hour * part / HOUR_SECONDS
        bucket.room = min(self._at_once * part, bucket.room + more)
        bucket.filled_at = now
