"""What a client may use before its request is understood."""

from __future__ import annotations

import resource
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from edgeagent.messages import encode_report
from server_stub.ingest.connections import ConnectionLimits, raise_descriptor_limit
from tests.server_stub.loopback import Stub, make_report, running_stub

BODY = encode_report(make_report())
HEAD = b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: 512\r\n\r\n" + BODY
QUICK = ConnectionLimits(head_seconds=0.05)
SLOW_BODY = ConnectionLimits(head_seconds=0.05, body_seconds=0.5)


@contextmanager
def line_to(stub: Stub) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=30) as line:
        yield line


def all_of(line: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    received = b""
    while chunk := line.recv(65536):
        received += chunk
    return received


def is_answered(line: socket.socket) -> bool:
    line.sendall(WHOLE)
    return line.recv(100).startswith(b"HTTP/1.1 204 ")


def is_closed(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True


def long_head(stub: Stub, pieces: int, *, piece: bytes) -> bytes:
    """Send a head in pieces for as long as the server reads, and return its answer."""
    with line_to(stub) as line:
        try:
            line.sendall(HEAD)
            for _ in range(pieces):
                line.sendall(piece)
            return all_of(line)
        except ConnectionError:
            return b""  # closed while there was more to send; the answer was thrown away with it


@pytest.mark.parametrize(
    "piece",
    [b"X-A: " + b"y" * 4000 + b"\r\n", b"y" * 65536, b"x: y\r\n"],
    ids=["many long lines", "one endless line", "many short lines"],
)
def test_an_endless_head_is_not_read(stub: Stub, piece: bytes) -> None:
    endless = 64 * 2**20 // len(piece)
    answer = long_head(stub, endless, piece=piece)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
    assert stub.post(make_report()).status == 204


@pytest.mark.parametrize(("extra", "status"), [(15_000, b"204"), (17_000, b"431")])
def test_a_head_in_one_piece_has_the_same_limit(stub: Stub, extra: int, status: bytes) -> None:
    head = b"X-Long: " + b"y" * extra + b"\r\nConnection: close\r\nContent-Length: 512\r\n\r\n"
    assert stub.raw(HEAD + head + BODY).startswith(b"HTTP/1.1 " + status)


def test_a_head_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with running_stub(tmp_path, limits=QUICK) as stub:
        assert stub.raw(HEAD).startswith(b"HTTP/1.1 408 ")
        assert stub.raw(b"P").startswith(b"HTTP/1.1 408 ")
        assert stub.raw() == b""
        assert stub.post(make_report()).status == 204


def test_nor_is_the_head_of_a_further_request(tmp_path: Path) -> None:
    with running_stub(tmp_path, limits=QUICK) as stub, line_to(stub) as line:
        line.sendall(WHOLE)
        assert line.recv(100).startswith(b"HTTP/1.1 204 ")
        line.sendall(HEAD)
        assert all_of(line).startswith(b"HTTP/1.1 408 ")


def test_what_is_being_answered_is_not_answered_for(tmp_path: Path) -> None:
    with running_stub(tmp_path, limits=SLOW_BODY) as stub, line_to(stub) as line:
        rival = sqlite3.connect(stub.store, isolation_level=None)
        with closing(rival):
            rival.execute("BEGIN IMMEDIATE")  # the first report waits for it
            line.sendall(WHOLE + HEAD)
            assert all_of(line) == b""
            rival.execute("ROLLBACK")


def test_a_body_has_its_own_time(tmp_path: Path) -> None:
    with running_stub(tmp_path, limits=SLOW_BODY) as stub, line_to(stub) as line:
        line.sendall(HEAD + b"Content-Length: 512\r\nExpect: 100-continue\r\n\r\n")
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert all_of(line).startswith(b"HTTP/1.1 408 ")


def test_a_late_body_does_not_answer_for_the_request_before_it(tmp_path: Path) -> None:
    limits = ConnectionLimits(body_seconds=0.05)
    with running_stub(tmp_path, limits=limits) as stub, line_to(stub) as line:
        rival = sqlite3.connect(stub.store, isolation_level=None)
        with closing(rival):
            rival.execute("BEGIN IMMEDIATE")  # the first report waits for it
            line.sendall(WHOLE + HEAD + b"Content-Length: 512\r\n\r\n{")
            assert all_of(line) == b""
            rival.execute("ROLLBACK")


def test_requests_in_one_piece_are_answered_in_their_order(stub: Stub) -> None:
    last = HEAD + b"Connection: close\r\nContent-Length: 512\r\n\r\n" + b"{" * 512
    answers = stub.raw(WHOLE + WHOLE + last)
    assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"204", b"204", b"400"]


def test_where_there_are_too_many_the_longest_silent_one_goes(tmp_path: Path) -> None:
    limits = ConnectionLimits(connections=3)
    with running_stub(tmp_path, limits=limits) as stub, ExitStack() as stack:
        lines = [stack.enter_context(line_to(stub)) for _ in range(3)]
        for line in (*lines, lines[0]):  # the second one has been silent longest now
            assert is_answered(line)
        assert stub.post(make_report(2)).status == 204
        assert is_answered(lines[0])
        assert is_closed(lines[1])
        assert is_answered(lines[2])


def test_a_crowd_of_silent_connections_does_not_end_the_service(tmp_path: Path) -> None:
    with (
        running_stub(tmp_path, limits=ConnectionLimits(connections=20)) as stub,
        ExitStack() as stack,
    ):
        for number in range(200):
            stack.enter_context(line_to(stub))
            if number % 50 == 0:
                assert stub.post(make_report(number)).status == 204
        assert stub.post(make_report(999)).status == 204


def test_a_client_that_reads_slowly_is_served(tmp_path: Path) -> None:
    with running_stub(tmp_path, limits=QUICK) as stub:
        large = bytes(range(256)) * 65_536  # more than the sockets' buffers hold
        path = tmp_path / "repository" / "targets" / "models" / "large"
        path.write_bytes(large)
        request = b"GET /targets/models/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        with line_to(stub) as line, closing(line.makefile("rb")) as answer:
            line.sendall(request)
            for number in range(30):  # meanwhile nothing of it is read
                assert stub.post(make_report(number)).status == 204
            assert answer.read().partition(b"\r\n\r\n")[2] == large


class _Process:
    """The limits of a process that may not, or only so far, raise them."""

    def __init__(self, soft: int, hard: int, *, forbidden: bool = False) -> None:
        self.limits = (soft, hard)
        self._forbidden = forbidden

    def getrlimit(self, _what: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, _what: int, limits: tuple[int, int]) -> None:
        if self._forbidden:
            raise PermissionError
        self.limits = limits


@pytest.mark.parametrize(
    ("process", "connections_allowed", "soft_after"),
    [
        (_Process(1024, 524_288), 4096, 8192),
        (_Process(1024, 2048), 1792, 2048),
        (_Process(1024, 524_288, forbidden=True), 768, 1024),
        (_Process(65_536, 65_536), 4096, 65_536),
        (_Process(1024, resource.RLIM_INFINITY), 4096, 8192),
        (_Process(resource.RLIM_INFINITY, resource.RLIM_INFINITY), 4096, resource.RLIM_INFINITY),
        (_Process(128, 128), 1, 128),
    ],
)
def test_no_more_connections_are_allowed_than_there_are_descriptors(
    monkeypatch: pytest.MonkeyPatch,
    process: _Process,
    connections_allowed: int,
    soft_after: int,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", process.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", process.setrlimit)
    assert raise_descriptor_limit() == connections_allowed
    assert process.limits[0] == soft_after
