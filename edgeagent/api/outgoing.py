"""What waits to be sent on one connection: bounded, so that who does not read costs little."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

__all__ = ["PATIENCE_SECONDS", "QUEUE_LIMIT", "Outgoing"]

QUEUE_LIMIT = 64
"""Events that may wait; a client that is further behind is hung up on, and asks anew."""
PATIENCE_SECONDS = 30.0
"""How long one message may take to be read."""
FAREWELL_SECONDS = 1.0
"""How long the last messages may take when a connection ends."""


class Outgoing:
    """A queue and the task that empties it."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], *, hang_up: Callable[[], None]
    ) -> None:
        """Send through ``send``, which waits while the peer does not read."""
        self._send = send
        self._hang_up = hang_up
        self._gone = False
        self._queue: asyncio.Queue[tuple[bytes, asyncio.Future[None] | None]] = asyncio.Queue(
            QUEUE_LIMIT
        )

    def offer(self, data: bytes) -> None:
        """Queue an event; a peer that has not read the ones before is hung up on."""
        try:
            self._queue.put_nowait((data, None))
        except asyncio.QueueFull:
            self._hang_up()

    async def put(self, data: bytes) -> None:
        """Send an answer and return when it has gone: who does not read is not read from either.

        Raises:
            ConnectionResetError: the peer has gone, or does not read.

        """
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((data, sent))
        if self._gone:  # while this waited for room
            raise ConnectionResetError("the peer has gone")
        await sent

    async def run(self) -> None:
        """Send what is queued, until cancelled or hung up on."""
        waiting: asyncio.Future[None] | None = None
        try:
            while True:
                data, waiting = await self._queue.get()
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._send(data)
                self._queue.task_done()
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
        except OSError:  # and TimeoutError, which is one
            self._hang_up()
        finally:
            self._give_up(waiting)

    async def finish(self, sending: asyncio.Task[None]) -> None:
        """Send what is still queued, briefly, and end the task."""
        if not sending.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self._queue.join()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    def _give_up(self, waiting: asyncio.Future[None] | None) -> None:
        """Nobody shall wait for what will never be sent."""
        self._gone = True
        left = [waiting]
        while not self._queue.empty():
            left.append(self._queue.get_nowait()[1])
        for sent in left:
            if sent is not None and not sent.done():
                sent.set_exception(ConnectionResetError("the peer does not read"))
