"""Limits the number of connections, and chooses which one to close when there are too many."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

__all__ = ["AT_ONCE", "ConnectionLimiter", "let_nobody_in", "queue_more"]

AT_ONCE = 1
"""asyncio accepts ``backlog`` connections per loop turn; with one, open connections are read
between two new ones, also in a flood."""
_BACKLOG = 1024
"""Connections that the kernel queues until they are accepted. In a flood a client that found the
queue full would retry after a second."""

_KEPT_FREE_PART = 4
"""One place in four is kept for managers and for connections that have not sent anything yet."""

_STEPS_OF_ENTERING = 4
"""Turns of the event loop from accepting a connection to its first line."""


def queue_more(listener: socket.socket) -> None:
    """Let the kernel queue more connections than asyncio accepts per loop turn."""
    listener.listen(_BACKLOG)


async def let_nobody_in(listener: socket.socket) -> None:
    """Stop accepting, and wait for connections that are half accepted, to be able to close them."""
    asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_STEPS_OF_ENTERING):
        await asyncio.sleep(0)


class ConnectionLimiter:
    """Counts the connections of one server, and chooses which one to close.

    At the limit the oldest connection that has never sent anything is closed: thousands of silent
    connections keep no client out and never exceed the limit. Apps that have sent something get at
    most three quarters of the places, so that a manager is always admitted. When those are taken,
    the peer with the most connections loses its newest one to a peer with fewer.
    """

    def __init__(self, limit: int) -> None:
        """Admit ``limit`` connections."""
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
        """A connection of ``peer`` has sent something; return whether it may stay."""
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
        """A connection was closed."""
        self._silent.pop(number, None)
        self._apps.pop(number, None)
        self._managers.discard(number)

    def _make_room(self, peer: str) -> bool:
        """Close the newest app of the peer with the most, if ``peer`` then still has fewer."""
        places = Counter(whose for whose, _ in self._apps.values())
        crowd, most = places.most_common(1)[0]
        if places[peer] + 1 >= most:
            return False
        newest = max(number for number, (whose, _) in self._apps.items() if whose == crowd)
        _, hang_up = self._apps.pop(newest)
        hang_up()
        return True
