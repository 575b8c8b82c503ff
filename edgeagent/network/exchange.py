"""One HTTP exchange on a connection of its own, which can be called off at any moment.

Nothing here blocks for longer than one poll interval: between two the caller is asked whether the
exchange is still wanted, and the time is looked at, so that neither a server that stalls nor one
that drips bytes holds the box. No proxy, cookie, redirect or TLS session exists in this code. What
the server says is parsed by h11; the body of an answer to a report is not read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, Self, TypeVar

import h11
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from edgeagent.errors import NetworkError
from edgeagent.messages.server_address import ServerAddress

__all__ = ["ResponseHead", "Timeouts", "download", "exchange", "public_key_sha256"]

_MAX_ANSWER_BYTES = 64 * 1024
"""Of status line, headers and interim answers together."""
_CHUNK_BYTES = 64 * 1024
_RESET = struct.pack("ii", 1, 0)  # struct linger: on, 0 s; closing throws away what is unsent

T = TypeVar("T")

_Address = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, kind, protocol, canonical name, address, as ``getaddrinfo`` gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long an exchange may take, and how often it is looked after."""

    deadline_seconds: float = 60.0
    """For everything after the name was looked up; a report of 512 bytes needs no longer."""
    poll_interval_seconds: float = 0.25
    """How soon a withdrawal is noticed."""
    address_seconds: float = 10.0
    """How long one address of the server may take to answer before the next is tried."""
    stall_seconds: float = inf
    """For how long nothing at all may happen."""
    least_bytes_per_second: float = 0
    """How fast request and answer together must go at least, over any ``rate_seconds``."""
    rate_seconds: float = 30.0
    """Over how long the rate is taken: a line that is taken up for a moment is no slow one."""
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """Status and headers of the final answer; names in lower case."""

    status: int
    headers: Mapping[str, str]


def exchange(
    method: str,
    url: str,
    *,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    wanted: Callable[[], bool],
    pins: Sequence[str] = (),
    timeouts: Timeouts | None = None,
) -> ResponseHead:
    """Make one request and return the head of its answer.

    Args:
        method: such as POST.
        url: http or https; the certificate is verified against the system's authorities.
        headers: sent as they are, after ``Host`` and before ``Content-Length``.
        body: what is sent.
        wanted: asked again and again; once it says no, the connection is reset and, unless that
            has happened already, not one byte of the body leaves.
        pins: SHA-256 (hex) of the public keys one of which the server must show; none: any.
        timeouts: how long it may take.

    Raises:
        NetworkError: no answer, none that is HTTP, not the pinned key, or no longer wanted.

    """
    with (
        _trouble_named(method, url),
        _asked(
            method, url, headers=headers, body=body, wanted=wanted, pins=pins, timeouts=timeouts
        ) as (_, head),
    ):
        return head


@contextmanager
def download(
    url: str, *, headers: Sequence[tuple[str, str]], timeouts: Timeouts
) -> Iterator[tuple[ResponseHead, Iterator[bytes]]]:
    """Make a GET request and yield the head of its answer and the chunks of its body.

    Raises:
        NetworkError: no answer, none that is HTTP, or one that takes too long; also while the body
            is read.

    """
    with (
        _trouble_named("GET", url),
        _asked("GET", url, headers=headers, timeouts=timeouts) as (
            call,
            head,
        ),
    ):
        yield head, call.body()


@contextmanager
def _asked(
    method: str,
    url: str,
    *,
    headers: Sequence[tuple[str, str]],
    body: bytes = b"",
    wanted: Callable[[], bool] = lambda: True,
    pins: Sequence[str] = (),
    timeouts: Timeouts | None = None,
) -> Iterator[tuple[_Exchange, ResponseHead]]:
    address = ServerAddress.parse(url)
    length = [("Content-Length", str(len(body)))] if body else []
    request = h11.Request(
        method=method, target=address.path, headers=[("Host", address.authority), *headers, *length]
    )
    with _Exchange(wanted, timeouts or Timeouts()) as call:
        call.connect(address.host, address.port)
        if address.scheme == "https":
            call.secure(address.host, pins)
        yield call, call.ask(request, body)


@contextmanager
def _trouble_named(method: str, url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, h11.ProtocolError) as error:
        raise NetworkError(
            f"{method} {url}: {type(error).__name__}: {error}",
            hint="check that the server runs and that server_url in the config names it",
        ) from error


class _Exchange:
    """The steps of one exchange, on one socket."""

    def __init__(self, wanted: Callable[[], bool], timeouts: Timeouts) -> None:
        self._wanted = wanted
        self._timeouts = timeouts
        self._ends = timeouts.monotonic() + timeouts.deadline_seconds
        self._rated_since = inf
        """When the stretch began over which the rate is taken; not before there is a connection."""
        self._moved_bytes = 0
        self._socket = socket.socket()
        self._protocol = h11.Connection(h11.CLIENT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            with suppress(OSError):  # never connected
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()

    def connect(self, host: str, port: int) -> None:
        """Connect to the first address of a host that answers.

        The name is looked up by the system's resolver, which cannot be called off: it comes back
        when it has an answer, or has waited as long as the box is set to.
        """
        self.connect_to(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))  # one at least

    def connect_to(self, addresses: Sequence[_Address]) -> None:
        """Connect to the first address that answers; each has a few seconds."""
        for family, kind, protocol, _, address in addresses:
            self._look()
            self._socket.close()
            try:
                self._socket = socket.socket(family, kind, protocol)
            except OSError as error:  # a kernel without IPv6
                code = error.errno or errno.EAFNOSUPPORT
            else:
                code = self._connected(address)
            if code == 0:
                return
        raise OSError(code, f"{os.strerror(code)}: {address}")

    def _connected(self, address: tuple[Any, ...]) -> int:
        """Return the error number of an attempt; 0: connected."""
        self._socket.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        code = self._socket.connect_ex(address)
        if code != errno.EINPROGRESS:
            return code
        if not self._is_ready(select.POLLOUT, within_seconds=self._timeouts.address_seconds):
            return errno.ETIMEDOUT
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def secure(self, host: str, pins: Sequence[str]) -> None:
        """Put the connection under TLS; the server's certificate and key are verified."""
        context = ssl.create_default_context()
        context.options |= ssl.OP_NO_TICKET
        self._socket = secured = context.wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False
        )
        self._patiently(secured.do_handshake)
        key = public_key_sha256(secured.getpeercert(binary_form=True) or b"")
        if pins and key not in pins:
            raise ssl.SSLCertVerificationError(f"the server's key {key} is not a pinned one")

    def ask(self, request: h11.Request, body: bytes) -> ResponseHead:
        """Send the request and return the head of the final answer."""
        protocol = self._protocol
        self._rated_since = self._timeouts.monotonic()
        events = (request, h11.Data(data=body), h11.EndOfMessage())
        self._send(b"".join(protocol.send(event) or b"" for event in events))
        received = 0
        while not isinstance(event := protocol.next_event(), h11.Response):
            if event is not h11.NEED_DATA:
                continue  # an interim answer
            received += (length := self._receive())
            if not length or received > _MAX_ANSWER_BYTES:
                raise ConnectionError("endless answer" if length else "closed without an answer")
        return ResponseHead(
            status=event.status_code,
            headers={name.decode("ascii"): text.decode("latin-1") for name, text in event.headers},
        )

    def body(self) -> Iterator[bytes]:
        """Yield the body of the answer as it arrives; whoever reads it says when it is enough."""
        while not isinstance(event := self._protocol.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                self._look()  # one answer may hold thousands of chunks of a byte
                yield bytes(event.data)
            else:
                self._receive()

    def _receive(self) -> int:
        """Hand the parser what has arrived and return how much; 0: the server has closed."""
        chunk = self._patiently(partial(self._socket.recv, _CHUNK_BYTES))
        self._protocol.receive_data(chunk)
        self._moved_bytes += len(chunk)
        return len(chunk)

    def _send(self, data: bytes) -> None:
        self._look()
        while data:
            sent = self._patiently(partial(self._socket.send, data), until=select.POLLOUT)
            data = data[sent:]
            self._moved_bytes += sent

    def _patiently(self, step: Callable[[], T], *, until: int = select.POLLIN) -> T:
        """Take a step of a socket that does not block, once it can be taken."""
        while True:
            self._look()
            try:
                return step()
            except BlockingIOError:
                self._wait(until)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT)

    def _wait(self, events: int) -> None:
        if not self._is_ready(events, within_seconds=self._timeouts.stall_seconds):
            raise TimeoutError(f"nothing for {self._timeouts.stall_seconds:g} s")

    def _is_ready(self, events: int, *, within_seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._socket, events)
        self._look()
        since = self._timeouts.monotonic()
        while not poll.poll(self._timeouts.poll_interval_seconds * 1000):
            self._look()
            if self._timeouts.monotonic() - since > within_seconds:
                return False
        return True

    def _look(self) -> None:
        if not self._wanted():
            raise ConnectionAbortedError("called off, because it is no longer wanted")
        now, timeouts = self._timeouts.monotonic(), self._timeouts
        if now > self._ends:
            raise TimeoutError(f"not done within {timeouts.deadline_seconds:g} s")
        if now - self._rated_since > timeouts.rate_seconds:
            if self._moved_bytes < timeouts.least_bytes_per_second * timeouts.rate_seconds:
                raise TimeoutError(
                    f"slower than {timeouts.least_bytes_per_second:g} bytes a second"
                )
            self._rated_since, self._moved_bytes = now, 0


def public_key_sha256(certificate: bytes) -> str:
    """Return what a pin is compared with: SHA-256 of a DER certificate's SubjectPublicKeyInfo."""
    key = load_der_x509_certificate(certificate).public_key()
    described = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(described).hexdigest()
