"""One HTTP exchange on its own connection, which can be aborted at any moment.

Nothing here blocks for longer than one poll interval. After each the caller is asked whether the
exchange is still wanted and the deadlines are checked, so that neither a stalled server nor one
that sends byte by byte holds the box. There are no proxies, cookies, redirects or reused TLS
sessions. Answers are parsed by h11; the body of an answer to a report is not read.
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
"""Limit for status line, headers and interim answers together."""
_CHUNK_BYTES = 64 * 1024
_WRONG_DATES = (9, 10)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED (openssl-verification-options)."""
_RESET = struct.pack("ii", 1, 0)  # struct linger: on, 0 s; closing discards unsent data

T = TypeVar("T")

_Address = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, kind, protocol, canonical name, address, as ``getaddrinfo`` gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Timeouts and minimum rate of an exchange, and its poll interval."""

    deadline_seconds: float = 60.0
    """For everything after name resolution; enough for a report of 512 bytes."""
    poll_interval_seconds: float = 0.25
    """How soon a withdrawal is noticed: the time between two checks."""
    address_seconds: float = 10.0
    """How long to wait for one address of the server before the next is tried."""
    stall_seconds: float = inf
    """How long no byte may be sent or received."""
    least_bytes_per_second: float = 0
    """Minimum rate of request and answer together, over any ``rate_seconds``."""
    rate_seconds: float = 30.0
    """The window of the rate, long enough that a short pause does not count as a slow line."""
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
    """Send one request and return the head of its answer.

    Args:
        method: for example POST.
        url: http or https; the certificate is verified against the system's authorities.
        headers: sent as they are, after ``Host`` and before ``Content-Length``.
        body: the request body.
        wanted: called repeatedly; once it returns false the connection is reset, and if the body
            was not started, none of it is sent.
        pins: SHA-256 (hex) of accepted public keys of the server; empty: any.
        timeouts: the limits of the exchange.

    Raises:
        NetworkError: no valid answer, not a pinned key, or no longer wanted.

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
    """Send a GET request and yield the head of its answer and the chunks of its body.

    Raises:
        NetworkError: no valid answer or a timeout; also raised while the body is read.

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
            f"{method} {url}: {type(error).__name__}: {error}", hint=_hint_for(error)
        ) from error


def _hint_for(error: OSError | h11.ProtocolError) -> str:
    """Return the likely cause: behind a hotspot, another certificate answers."""
    code = getattr(error, "verify_code", 0)  # OpenSSL's; none where a pin does not match
    if code in _WRONG_DATES:
        return (
            "if the clock of this machine is wrong, set it; else the server has to renew its "
            "certificate"
        )
    if code:
        return (
            "the certificate is not the server's: a hotspot or proxy of this network may answer "
            "in its place; else that certificate or this system's authorities are wrong"
        )
    return "check that the server runs and that server_url in the config names it"


class _Exchange:
    """The steps of one exchange, on one socket."""

    def __init__(self, wanted: Callable[[], bool], timeouts: Timeouts) -> None:
        self._wanted = wanted
        self._timeouts = timeouts
        self._ends = timeouts.monotonic() + timeouts.deadline_seconds
        self._rated_since = inf
        """Start of the present rate window; ``None`` until connected."""
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
        """Connect to the first address of a host that accepts.

        The system's resolver cannot be aborted: it returns with an answer or after the timeout
        configured on the box.
        """
        self.connect_to(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))  # one at least

    def connect_to(self, addresses: Sequence[_Address]) -> None:
        """Connect to the first address that accepts; each has ``address_seconds``."""
        for family, kind, protocol, _, address in addresses:
            self._look()
            self._socket.close()
            try:
                self._socket = socket.socket(family, kind, protocol)
            except OSError as error:  # such as a kernel without IPv6
                code = error.errno or errno.EAFNOSUPPORT
            else:
                code = self._connected(address)
            if code == 0:
                return
        raise OSError(code, f"{os.strerror(code)}: {address}")

    def _connected(self, address: tuple[Any, ...]) -> int:
        """Return the errno of an attempt; 0: connected."""
        self._socket.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        code = self._socket.connect_ex(address)
        if code != errno.EINPROGRESS:
            return code
        if not self._is_ready(select.POLLOUT, within_seconds=self._timeouts.address_seconds):
            return errno.ETIMEDOUT
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def secure(self, host: str, pins: Sequence[str]) -> None:
        """Start TLS; verify the server's certificate and, with pins, its key."""
        context = ssl.create_default_context()
        context.options |= ssl.OP_NO_TICKET
        self._socket = secured = context.wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False
        )
        self._patiently(secured.do_handshake)
        key = public_key_sha256(secured.getpeercert(binary_form=True) or b"")
        if pins and key not in pins:
            raise ssl.SSLCertVerificationError(
                f"the server's key {key} is not one of the pinned keys"
            )

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
        """Yield the body of the answer as it arrives; the caller limits its length."""
        while not isinstance(event := self._protocol.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                self._look()  # one packet may hold thousands of one-byte chunks
                yield bytes(event.data)
            else:
                self._receive()

    def _receive(self) -> int:
        """Feed received bytes to the parser and return how many; 0: the server has closed."""
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
        """Run a step of a non-blocking socket, waiting until it can proceed."""
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
            raise ConnectionAbortedError("aborted, because it is no longer wanted")
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
    """Return the SHA-256 of a DER certificate's SubjectPublicKeyInfo, to compare with pins."""
    key = load_der_x509_certificate(certificate).public_key()
    described = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(described).hexdigest()
