"""How many connections there are, and who has to go when there are too many."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

__all__ = ["AT_ONCE", "Guests", "let_nobody_in", "queue_more"]

AT_ONCE = 1
"""Connections that are let in before somebody who is in already is listened to again: asyncio lets
in as many as it was told that the kernel holds."""
_BACKLOG = 1024
"""Connections that the kernel holds until they are looked at: in a flood, a client that found it
full would wait a second for its next try."""

_STEPS_OF_ENTERING = 4
"""Rounds of the event loop from accepting a connection to its first line."""


def queue_more(listener: socket.socket) -> None:
    """Let the kernel hold more connections than are let in at once."""
    listener.listen(_BACKLOG)


async def let_nobody_in(listener: socket.socket) -> None:
    """Stop letting in, and let those through the door who are half in: they can be hung up on."""
    asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_STEPS_OF_ENTERING):
        await asyncio.sleep(0)


class Guests:
    """Counts the connections of one door.

    When the door is full, the oldest guest that has never said anything sensible makes room; when
    all have, the newcomer is turned away. Thousands of silent connections therefore keep nobody
    out, and never cost more than the limit.
    """

    def __init__(self, limit: int) -> None:
        """Let ``limit`` guests in."""
        self._limit = limit
        self._silent: dict[int, Callable[[], None]] = {}
        self._heard: set[int] = set()
        self._last = 0

    def enter(self, hang_up: Callable[[], None]) -> int | None:
        """Let a guest in and return its number, or ``None`` when there is no room."""
        if len(self._silent) + len(self._heard) >= self._limit:
            if not self._silent:
                return None
            oldest = next(iter(self._silent))
            self._silent.pop(oldest)()
        self._last += 1
        self._silent[self._last] = hang_up
        return self._last

    def heard(self, number: int) -> None:
        """A guest has said something sensible."""
        if self._silent.pop(number, None) is not None:
            self._heard.add(number)

    def leave(self, number: int) -> None:
        """A guest has gone."""
        self._silent.pop(number, None)
        self._heard.discard(number)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._silent) + len(self._heard)
