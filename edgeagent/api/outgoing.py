"""What waits to be sent on one connection: bounded, so that who does not read costs little."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

__all__ = ["PATIENCE_SECONDS", "QUEUE_LIMIT", "Outgoing"]

QUEUE_LIMIT = 64
"""Events that may wait; a client that is further behind is closed and asks anew."""
PATIENCE_SECONDS = 30.0
"""How long one message may take to be read."""
FAREWELL_SECONDS = 1.0


class Outgoing:
    """A queue and the task that empties it."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], *, hang_up: Callable[[], None]
    ) -> None:
        """Send through ``send``, which waits while the peer does not read."""
        self._send = send
        self._hang_up = hang_up
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LIMIT)

    def offer(self, data: bytes) -> None:
        """Queue an event; a peer that has not read the ones before is hung up on."""
        try:
            self._queue.put_nowait(data)
        except asyncio.QueueFull:
            self._hang_up()

    async def put(self, data: bytes) -> None:
        """Queue an answer, waiting for room: who does not read is not read from either."""
        await self._queue.put(data)

    async def finish(self, sending: asyncio.Task[None]) -> None:
        """Send what is still queued, briefly, and end the task."""
        if not sending.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self._queue.join()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def run(self) -> None:
        """Send what is queued, until cancelled or hung up on."""
        while True:
            data = await self._queue.get()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._send(data)
            except (TimeoutError, OSError):
                self._hang_up()
                return
            finally:
                self._queue.task_done()
