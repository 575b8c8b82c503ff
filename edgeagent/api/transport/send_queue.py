"""The send queue of one connection: bounded, so that a client that does not read costs little."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

__all__ = ["QUEUE_LIMIT", "TIMEOUT_SECONDS", "Message", "SendQueue"]

QUEUE_LIMIT = 64
"""Events that may wait; a client that is further behind is disconnected, and subscribes again."""
TIMEOUT_SECONDS = 30.0
"""Longest time until the client has taken one message, or one piece of a long one."""
CLOSE_TIMEOUT_SECONDS = 1.0
"""Longest time for the last messages when a connection is closed."""

Message = bytes | AsyncIterator[bytes]
"""One message, whole or in pieces that are made while it is sent."""


class SendQueue:
    """Sends answers directly, and queued events by a task of its own."""

    def __init__(
        self, send: Callable[[Message], Awaitable[None]], *, hang_up: Callable[[], None]
    ) -> None:
        """Send through ``send``, which waits while the socket's buffer is full."""
        self._send = send
        self._hang_up = hang_up
        self._sending = asyncio.Lock()
        self._gone = False
        self._events: deque[bytes] = deque()
        self._queued = asyncio.Event()

    def offer(self, data: bytes) -> None:
        """Queue an event; disconnect a client whose queue is full."""
        if len(self._events) >= QUEUE_LIMIT:
            self._hang_up()
            return
        self._events.append(data)
        self._queued.set()

    async def put(self, message: Message) -> None:
        """Send an answer, and return when it is sent.

        Back-pressure: the caller reads no request of this connection until then.

        Events that were queued before are sent before it.

        Raises:
            ConnectionResetError: the peer has disconnected, or did not read in time.

        """
        async with self._sending:
            await self._send_events()
            await self._send_now(message)

    async def run(self) -> None:
        """Send events until cancelled or disconnected."""
        with suppress(ConnectionResetError):
            while True:
                await self._queued.wait()
                async with self._sending:
                    await self._send_events()

    async def finish(self, sending: asyncio.Task[None]) -> None:
        """Send what is still queued, for a second at most, and end the task."""
        with suppress(TimeoutError, ConnectionResetError):
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS), self._sending:
                await self._send_events()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def _send_events(self) -> None:
        while self._events:
            await self._send_now(self._events.popleft())
        self._queued.clear()

    async def _send_now(self, message: Message) -> None:
        if self._gone:
            raise ConnectionResetError("the peer has disconnected")
        try:
            async with asyncio.timeout(None) as deadline:
                if isinstance(message, bytes):
                    _wait(deadline)
                    await self._send(message)
                else:
                    await self._send(_timed(message, deadline))
        except OSError as error:  # and TimeoutError, which is one
            self._gone = True
            self._hang_up()
            raise ConnectionResetError("the peer has disconnected, or does not read") from error


async def _timed(pieces: AsyncIterator[bytes], deadline: asyncio.Timeout) -> AsyncIterator[bytes]:
    """Pass pieces on; the deadline runs only while one is sent, not while it is made."""
    async for piece in pieces:
        _wait(deadline)
        yield piece
        deadline.reschedule(None)


def _wait(deadline: asyncio.Timeout) -> None:
    deadline.reschedule(asyncio.get_running_loop().time() + TIMEOUT_SECONDS)
