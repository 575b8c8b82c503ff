"""Rate limit of viewings: an app in a loop neither fills the disk nor keeps other apps out.

Token buckets that refill with time: one for each peer, which is a user of this system, and one of
half its size for each connection; reconnecting gives no more than the peer's bucket holds. A
viewing takes a token from both; if either lacks one, none is taken and nothing is stored. A list is
taken as a whole or not at all.

Peers share no bucket, since each could count in it what the other's apps report. Only so many peers
have one of their own at a time; later ones share one.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import HOUR_SECONDS
from edgeagent.errors import TooManyViewings

__all__ = ["MOST_PEERS", "RateLimiter"]

_OF_CONNECTION = 0.5
"""Size of a connection's bucket, as a part of its peer's."""
MOST_PEERS = 16
"""Peers with a bucket of their own; one that is full again is dropped when room is needed."""
_THE_OTHERS = "the others"


@dataclass(slots=True, kw_only=True)
class _Bucket:
    room: float
    filled_at: int


class RateLimiter:
    """Counts the viewings that apps report."""

    def __init__(self, *, at_once: int, per_hour: int) -> None:
        """Allow each peer ``at_once`` viewings, refilled by ``per_hour``."""
        self._at_once = at_once
        self._per_hour = per_hour
        self._peers: dict[str, _Bucket] = {}
        self._connections: dict[int, _Bucket] = {}

    def take(self, viewings: int, *, connection: int, peer: str, now: int) -> None:
        """Count viewings that a connection of a peer is about to report.

        Raises:
            TooManyViewings: they exceed what a bucket holds; nothing was counted.

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
                f"{viewings} more viewings exceed the limit for apps",
                hint=f"report each viewing once, when it ends: {an_hour} more are allowed an "
                "hour; viewings_per_hour in the settings changes that",
            )
        for bucket in buckets:
            bucket.room -= viewings

    def __contains__(self, connection: int) -> bool:
        """Whether a connection has a bucket."""
        return connection in self._connections

    def leave(self, connection: int) -> None:
        """Forget a connection that was closed; its viewings still count for its peer."""
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
        passed = max(now - bucket.filled_at, 0)  # a clock that was set back refills nothing
        more = passed * self._per_hour * part / HOUR_SECONDS
        bucket.room = min(self._at_once * part, bucket.room + more)
        bucket.filled_at = now
