"""How many connections there are, and who has to go when there are too many."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

__all__ = ["AT_ONCE", "ConnectionLimiter", "let_nobody_in", "queue_more"]

AT_ONCE = 1
"""Connections accepted per loop turn, between reads of those that are open: asyncio accepts
``backlog`` connections per turn otherwise."""
_BACKLOG = 1024
"""Connections that the kernel holds until they are looked at: in a flood, a client that found it
full would wait a second for its next try."""

_KEPT_FREE_PART = 4
"""One place in so many is for who has said nothing yet, and for who may manage."""

_STEPS_OF_ENTERING = 4
"""Rounds of the event loop from accepting a connection to its first line."""


def queue_more(listener: socket.socket) -> None:
    """Let the kernel hold more connections than are let in at once."""
    listener.listen(_BACKLOG)


async def let_nobody_in(listener: socket.socket) -> None:
    """Stop letting in, and let those through who are half in: they can be hung up on."""
    asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_STEPS_OF_ENTERING):
        await asyncio.sleep(0)


class ConnectionLimiter:
    """Counts the connections of one server, and says who has to go.

    When the limit is reached, the oldest one that has never said anything makes room: thousands of
    silent connections keep nobody out, and never cost more than the limit. Apps that speak have at
    most three quarters of the places, so that a manager is always admitted; when those are taken,
    the peer that has most of them gives one to a peer that has fewer.
    """

    def __init__(self, limit: int) -> None:
        """Let ``limit`` connections in."""
        self._limit = limit
        self._limit_of_apps = limit - limit // _KEPT_FREE_PART
        self._silent: dict[int, Callable[[], None]] = {}
        self._apps: dict[int, tuple[str, Callable[[], None]]] = {}
        self._managers: set[int] = set()
        self._last = 0

    def enter(self, hang_up: Callable[[], None]) -> int | None:
        """Admit a connection and return its number, or ``None`` when there is no room."""
        if len(self._silent) + len(self._apps) + len(self._managers) >= self._limit:
            if not self._silent:
                return None
            oldest = next(iter(self._silent))
            self._silent.pop(oldest)()
        self._last += 1
        self._silent[self._last] = hang_up
        return self._last

    def heard(self, number: int, peer: str, *, manages: bool) -> bool:
        """A connection of ``peer`` has said something; return whether it may stay."""
        hang_up = self._silent.pop(number, None)
        if hang_up is None:
            return number in self._apps or number in self._managers
        if manages:
            self._managers.add(number)
            return True
        if len(self._apps) >= self._limit_of_apps and not self._make_room(peer):
            return False
        self._apps[number] = peer, hang_up
        return True

    def leave(self, number: int) -> None:
        """A connection has closed."""
        self._silent.pop(number, None)
        self._apps.pop(number, None)
        self._managers.discard(number)

    def _make_room(self, peer: str) -> bool:
        """Hang up on the newest app of the peer that has most, if ``peer`` has fewer after it."""
        places = Counter(whose for whose, _ in self._apps.values())
        crowd, most = places.most_common(1)[0]
        if places[peer] + 1 >= most:
            return False
        newest = max(number for number, (whose, _) in self._apps.items() if whose == crowd)
        _, hang_up = self._apps.pop(newest)
        hang_up()
        return True
