"""One exchange with servers that mean it badly, and with callers who change their mind."""

from __future__ import annotations

import errno
import itertools
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path

import h11
import pytest

from edgeagent.errors import NetworkError
from edgeagent.network.exchange import Timeouts, _Exchange, public_key_sha256
from edgeagent.network.transport import HttpTransport
from tests.network.hostile import (
    Script,
    Seen,
    certificate,
    read_request,
    serving,
    under_tls,
    until_left,
)

BODY = b"{}".ljust(512)
COUNTED = b"HTTP/1.1 204 No Content\r\n\r\n"
WATCHFUL = Timeouts(poll_interval_seconds=0.001)


def impatient() -> Timeouts:
    """A minute is over after a few looks."""
    clock = itertools.count(step=5.0)
    return Timeouts(poll_interval_seconds=0.001, monotonic=lambda: next(clock))


def post_to(
    seen: Seen,
    *,
    scheme: str = "http",
    wanted: Callable[[], bool] = lambda: True,
    timeouts: Timeouts = WATCHFUL,
    pins: tuple[str, ...] = (),
) -> int:
    url = f"{scheme}://127.0.0.1:{seen.port}"
    return HttpTransport(url, pins=pins, timeouts=timeouts).post(BODY, wanted=wanted).status


def answering(*pieces: bytes) -> Script:
    def script(seen: Seen, connection: socket.socket) -> None:
        read_request(seen, connection)
        for piece in pieces:
            connection.sendall(piece)
        until_left(seen, connection)

    return script


def endlessly(start: bytes, piece: bytes) -> Script:
    """Go on until the caller has enough."""

    def script(seen: Seen, connection: socket.socket) -> None:
        read_request(seen, connection)
        connection.sendall(start)
        try:
            while True:
                connection.sendall(piece)
        except OSError:
            seen.left.set()

    return script


def test_the_request_is_these_bytes_and_no_other() -> None:
    with serving(answering(COUNTED)) as seen:
        assert post_to(seen) == 204
    head = (
        f"POST /v1/reports HTTP/1.1\r\nHost: 127.0.0.1:{seen.port}\r\nUser-Agent: edgeagent\r\n"
        "Accept-Encoding: identity\r\nContent-Type: application/json\r\nSec-GPC: 1\r\n"
        "Content-Length: 512\r\n\r\n"
    )
    assert bytes(seen.data) == head.encode() + BODY


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffffffff\r\n" + b"x" * 65536),
    ],
    ids=["a promised gigabyte", "no end", "a chunk bomb"],
)
def test_a_body_is_not_read(start: bytes, piece: bytes) -> None:
    with serving(endlessly(start, piece)) as seen:
        assert post_to(seen) == 200
    assert seen.left.is_set()


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        (b"HTTP/1.1 204 No Content\r\n", b"X-More: of it\r\n"),
        (b"HTTP/1.1 204 No Content\r\nX-Long: ", b"y" * 4096),
        (b"", b"H" * 4096),
        (b"", b"\r\n" * 4096),
    ],
    ids=["100 flood", "103 flood", "headers", "one header", "a status line", "blank lines"],
)
def test_a_head_without_an_end_is_left(start: bytes, piece: bytes) -> None:
    with serving(endlessly(start, piece)) as seen, pytest.raises(NetworkError):
        post_to(seen)
    assert seen.left.is_set()


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01nonsense\r\n\r\n",
        b"HTTP/1.1 2O4 No Content\r\n\r\n",
        b"HTTP/1.1 20 Short\r\n\r\n",
        b"HTTP/1.1 -204 No\r\n\r\n",
        b"HTTP/1.1 204\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"<html>captive portal</html>\r\n\r\n",
    ],
)
def test_nonsense_is_a_network_error(answer: bytes) -> None:
    with serving(answering(answer)) as seen, pytest.raises(NetworkError, match="POST"):
        post_to(seen, timeouts=impatient())


def test_interim_answers_are_passed_over() -> None:
    with serving(answering(b"HTTP/1.1 103 Early Hints\r\n\r\n", COUNTED)) as seen:
        assert post_to(seen) == 204


def test_a_connection_closed_without_an_answer_is_a_network_error() -> None:
    with serving(read_request) as seen, pytest.raises(NetworkError, match="without an answer"):
        post_to(seen)


@pytest.mark.parametrize("dripped", [b"", b"HTTP/1.1 2"])
def test_a_server_that_stalls_is_left_when_the_time_is_up(dripped: bytes) -> None:
    with serving(answering(dripped)) as seen, pytest.raises(NetworkError, match="within 60 s"):
        post_to(seen, timeouts=impatient())
    assert seen.left.is_set()


def test_a_server_that_never_shakes_hands_is_left_and_learns_nothing() -> None:
    with serving(until_left) as seen, pytest.raises(NetworkError, match="within 60 s"):
        post_to(seen, scheme="https", timeouts=impatient())
    assert BODY not in seen.data


Address = tuple[int, int, int, str, tuple[str, int]]

UNROUTED = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("255.255.255.255", 9))
"""Nobody can be connected to a broadcast address: refused at once, without a packet."""
UNKNOWN = (4, socket.SOCK_STREAM, 0, "", ("", 9))
"""IPX, which left Linux in 2018; so does IPv6 where a kernel has none."""


def here(port: int) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))


@contextmanager
def deaf() -> Iterator[Address]:
    """Give an address that answers nothing: its queue is full, and nobody takes from it."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        yield here(listener.getsockname()[1])


def slow_clock(step: float) -> Callable[[], float]:
    clock = itertools.count(step=step)
    return lambda: next(clock)


@pytest.mark.parametrize("first", [UNROUTED, UNKNOWN, "refused", "deaf"])
def test_an_address_that_leads_nowhere_gives_way_to_the_next(first: Address | str) -> None:
    timeouts = Timeouts(
        deadline_seconds=inf, poll_interval_seconds=0.001, monotonic=slow_clock(1.0)
    )
    with ExitStack() as stack:
        if first == "deaf":
            first = stack.enter_context(deaf())
        elif first == "refused":
            with socket.create_server(("127.0.0.1", 0)) as closed:
                first = here(closed.getsockname()[1])
        assert not isinstance(first, str)
        with serving(answering(COUNTED)) as seen, _Exchange(lambda: True, timeouts) as call:
            call.connect_to([first, here(seen.port)])
            headers = [("Host", "x"), ("Content-Length", str(len(BODY)))]
            request = h11.Request(method="POST", target="/", headers=headers)
            assert call.ask(request, BODY).status == 204


@pytest.mark.parametrize(
    ("address", "error"), [(UNROUTED, errno.ENETUNREACH), (UNKNOWN, errno.EAFNOSUPPORT)]
)
def test_no_address_that_leads_anywhere_says_why(address: Address, error: int) -> None:
    with (
        _Exchange(lambda: True, WATCHFUL) as call,
        pytest.raises(OSError, match=re.escape(str(address[-1]))) as caught,
    ):
        call.connect_to([here(1), address])
    assert caught.value.errno == error


def test_an_address_that_answers_nothing_is_left_after_its_share_of_the_time() -> None:
    timeouts = Timeouts(poll_interval_seconds=0.001, monotonic=slow_clock(1.0))
    with deaf() as address, _Exchange(lambda: True, timeouts) as call:
        with pytest.raises(TimeoutError, match="timed out"):
            call.connect_to([address] * 3)
        with pytest.raises(TimeoutError, match="within 60 s"):
            call.connect_to([address] * 9)


def test_an_attempt_to_connect_is_called_off() -> None:
    answers = iter([True, True, False])
    with (
        deaf() as address,
        _Exchange(lambda: next(answers), WATCHFUL) as call,
        pytest.raises(ConnectionAbortedError, match="aborted"),
    ):
        call.connect_to([address])


def test_what_is_not_wanted_is_not_sent() -> None:
    with serving(until_left) as seen, pytest.raises(NetworkError, match="aborted"):
        post_to(seen, wanted=lambda: False)
    assert seen.data == b""


def test_what_is_withdrawn_during_the_handshake_is_not_sent() -> None:
    shaking: list[bool] = []

    def script(seen: Seen, connection: socket.socket) -> None:
        connection.recv(4096)
        shaking.append(True)
        until_left(seen, connection)

    with serving(script) as seen, pytest.raises(NetworkError, match="aborted"):
        post_to(seen, scheme="https", wanted=lambda: not shaking)
    assert seen.left.is_set()


def test_a_withdrawal_calls_off_a_request_that_waits_for_its_answer() -> None:
    with serving(answering(b"")) as seen, pytest.raises(NetworkError, match="aborted"):
        post_to(seen, wanted=lambda: not seen.asked.is_set())
    assert seen.left.is_set()


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    with (
        serving(under_tls(pem, answering(COUNTED))) as seen,
        pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        post_to(seen, scheme="https")
    assert seen.data == b""


def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with (
        serving(under_tls(pem, answering(COUNTED))) as seen,
        pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        post_to(seen, scheme="https")
    assert seen.data == b""


def test_a_pin_is_asked_for_beside_the_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    der = ssl.PEM_cert_to_DER_cert(pem.read_text().partition("-----END PRIVATE KEY-----\n")[2])
    right = public_key_sha256(der)
    for pins in ((), (right,), ("0" * 64, right)):
        with serving(under_tls(pem, answering(COUNTED))) as seen:
            assert post_to(seen, scheme="https", pins=pins) == 204
    with (
        serving(under_tls(pem, answering(COUNTED))) as seen,
        pytest.raises(NetworkError, match=f"key {right} is not one of the pinned keys"),
    ):
        post_to(seen, scheme="https", pins=("0" * 64,))
    assert seen.data == b""


def test_tls_sessions_are_not_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    reused: list[bool | None] = []

    def script(seen: Seen, plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as connection:
            reused.append(connection.session_reused)
            answering(COUNTED)(seen, connection)

    for _ in range(2):
        with serving(script) as seen:
            post_to(seen, scheme="https")
    assert reused == [False, False]
