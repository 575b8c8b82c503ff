"""Limits on what a connection costs before its request is understood.

uvicorn has none of its own: a head may be endless and take forever, and silent connections use up
the descriptors. granian ends slow and long heads, but keeps connections that never send a byte, so
uvicorn's protocol is given limits here. nginx in front has the same ones, and TLS.
"""

from __future__ import annotations

import asyncio
import resource
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["ConnectionLimits", "limited_protocol", "raise_descriptor_limit"]

_DESCRIPTORS = 8192
_OTHER_DESCRIPTORS = 256
"""For the store, files that are being served, and libraries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What a client may use."""

    head_bytes: int = 16 * 1024
    """Of request line and headers; a box sends some 300."""
    head_seconds: float = 5.0
    """From the connection, or from the first byte of a further request, to the end of the head."""
    body_seconds: float = 10.0
    """From the end of the head to the end of the body: 512 bytes."""
    connections: int = 4096
    """Open at once; above, the one that has been inactive longest is closed."""


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open files as far as this process may; return connections to allow.

    Many systems start services with 1,024 descriptors, which 1,024 silent connections use up.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError):  # in a container that forbids it, fewer connections are allowed
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    most = ConnectionLimits().connections
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft - _OTHER_DESCRIPTORS))


def limited_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP/1.1 protocol with limits, for one server."""
    return type("LimitedProtocol", (_LimitedProtocol,), {"limits": limits, "others": _Open(limits)})


class _Open:
    """Open connections, the one that has been inactive longest first."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._most = limits.connections
        self._by_activity: dict[asyncio.Transport, None] = {}

    def active(self, transport: asyncio.Transport) -> None:
        self._by_activity.pop(transport, None)
        self._by_activity[transport] = None
        if len(self._by_activity) > self._most:
            oldest = next(iter(self._by_activity))
            self.closed(oldest)
            oldest.abort()

    def closed(self, transport: asyncio.Transport) -> None:
        self._by_activity.pop(transport, None)


class _LimitedProtocol(HttpToolsProtocol):
    limits: ConnectionLimits
    others: _Open
    _head_bytes: int | None = None
    """How much of a head has arrived; ``None`` while a request is being read or answered."""
    _body_missing = False
    _timer: asyncio.TimerHandle | None = None
    """Runs while part of a head or body is missing; what arrives at once needs none."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.others.active(transport)
        self._head_bytes = 0
        self._wait(self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.others.closed(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.others.active(self.transport)
        while data and not self.transport.is_closing():
            if self._head_bytes is None:
                super().data_received(data)
                break
            room = self.limits.head_bytes - self._head_bytes
            part, data = data[:room], data[room:]
            self._head_bytes += len(part)
            super().data_received(part)
            if self._head_is_full():
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._timer is None and not self.transport.is_closing():
            if self._head_bytes is not None:
                self._wait(self.limits.head_seconds)
            elif self._body_missing:
                self._wait(self.limits.body_seconds)

    def resume_writing(self) -> None:
        self.others.active(self.transport)  # a slow client that reads is not a silent one
        super().resume_writing()

    def on_message_begin(self) -> None:
        if self._head_bytes is None:  # of a further request on this connection
            self._head_bytes = 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        self._head_bytes = None
        self._body_missing = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._body_missing = False
        super().on_message_complete()

    def _head_is_full(self) -> bool:
        return self._head_bytes is not None and self._head_bytes >= self.limits.head_bytes

    def _wait(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if self._body_missing or self._head_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()  # it has asked for nothing, and gets no answer

    def _refuse(self, status: HTTPStatus) -> None:
        self._stop_waiting()
        if not self._is_answering():
            line = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            self.transport.write(f"{line}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        self.transport.close()

    def _is_answering(self) -> bool:
        """Return whether a refusal would be read as the answer to an earlier request."""
        if self._body_missing:
            return bool(self.pipeline) or self.cycle.response_started
        return bool(self.cycle) and not self.cycle.response_complete
