"""Downloads for an update from servers that mean it badly: one deadline for all of them."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable
from math import inf

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError

from edgeagent.errors import NetworkError
from edgeagent.network.exchange import Timeouts
from edgeagent.network.fetcher import UPDATE_TIMEOUTS, HttpFetcher
from tests.network.hostile import Script, Seen, gone, serving, until_left

WATCHFUL = Timeouts(poll_interval_seconds=0.001)


def fetched(seen: Seen, fetcher: HttpFetcher | None = None) -> bytes:
    url = f"http://127.0.0.1:{seen.port}/metadata/1.root.json"
    return b"".join((fetcher or HttpFetcher(WATCHFUL)).fetch(url))


def read_get(seen: Seen, connection: socket.socket) -> None:
    while b"\r\n\r\n" not in seen.data:
        seen.data += connection.recv(4096) or gone()


def answering(*pieces: bytes, closing: bool = False) -> Script:
    def script(seen: Seen, connection: socket.socket) -> None:
        read_get(seen, connection)
        for piece in pieces:
            connection.sendall(piece)
        if not closing:
            until_left(seen, connection)

    return script


def dripping(start: bytes, piece: bytes) -> Script:
    """Send a little, again and again, for as long as anybody listens."""

    def script(seen: Seen, connection: socket.socket) -> None:
        read_get(seen, connection)
        try:
            connection.sendall(start)
            while True:
                connection.sendall(piece)
        except OSError:
            seen.left.set()

    return script


def ticking(step: float) -> Callable[[], float]:
    """Return a clock that moves by so many seconds at every reading."""
    clock = itertools.count(step=step)
    return lambda: next(clock)


def test_the_request_is_these_bytes_and_no_other() -> None:
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nroot")) as seen:
        assert fetched(seen) == b"root"
    assert bytes(seen.data) == (
        b"GET /metadata/1.root.json HTTP/1.1\r\n"
        + f"Host: 127.0.0.1:{seen.port}\r\n".encode()
        + b"User-Agent: edgeagent\r\nAccept-Encoding: identity\r\n\r\n"
    )


@pytest.mark.parametrize(
    "pieces",
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"2\r\nro\r\n2\r\not\r\n0\r\n\r\n",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nroot",),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nroot"),
    ],
)
def test_every_way_of_ending_a_body_is_read(pieces: tuple[bytes, ...]) -> None:
    with serving(answering(*pieces, closing=True)) as seen:
        assert fetched(seen) == b"root"


@pytest.mark.parametrize(
    ("status", "location"), [(404, b""), (302, b"Location: http://elsewhere.example/\r\n")]
)
def test_another_status_is_an_error_and_a_redirect_is_not_followed(
    status: int, location: bytes
) -> None:
    head = f"HTTP/1.1 {status} Other\r\n".encode() + location
    with serving(answering(head + b"Content-Length: 0\r\n\r\n")) as seen:
        with pytest.raises(DownloadHTTPError) as refused:
            fetched(seen)
        assert refused.value.status_code == status


@pytest.mark.parametrize(
    "piece",
    [b"", b"HTTP/1.1 2", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nro"],
)
def test_an_answer_that_breaks_off_is_a_network_error(piece: bytes) -> None:
    with serving(answering(piece, closing=True)) as seen:
        with pytest.raises(DownloadError) as failed:
            fetched(seen)
        assert isinstance(failed.value.__cause__, NetworkError)


def test_nobody_listens() -> None:
    with pytest.raises(DownloadError, match="refused"):
        fetched(Seen(port=1))


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_a_server_that_drips_is_left_when_the_time_is_up(start: bytes, piece: bytes) -> None:
    timeouts = Timeouts(deadline_seconds=900, poll_interval_seconds=0.001, monotonic=ticking(0.5))
    with serving(dripping(start, piece)) as seen:
        with pytest.raises(DownloadError, match="not done within"):
            fetched(seen, HttpFetcher(timeouts))
        assert seen.left.wait(60)


def test_a_server_that_stalls_is_left_sooner() -> None:
    timeouts = Timeouts(
        deadline_seconds=900, stall_seconds=30, poll_interval_seconds=0.001, monotonic=ticking(1.0)
    )
    answer = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nro")
    with serving(answer) as seen, pytest.raises(DownloadError, match="nothing for 30 s"):
        fetched(seen, HttpFetcher(timeouts))


@pytest.mark.parametrize(("least", "left"), [(1e9, True), (1.0, False)])
def test_a_server_slower_than_any_line_is_left_long_before_the_deadline(
    least: float, left: bool
) -> None:
    timeouts = Timeouts(
        deadline_seconds=inf,
        poll_interval_seconds=0.001,
        monotonic=ticking(0.5),
        least_bytes_per_second=least,
        rate_seconds=10,
    )
    body = b"x" * 4_000_000  # some sixty pieces, and as many looks at the clock
    answer = answering(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body)
    with serving(answer) as seen:
        if left:
            with pytest.raises(DownloadError, match="slower than"):
                fetched(seen, HttpFetcher(timeouts))
        else:
            assert fetched(seen, HttpFetcher(timeouts)) == body


def test_all_downloads_of_an_update_share_the_deadline() -> None:
    """Sixty-four new roots in a row, each just in time, would hold an update for hours."""
    timeouts = Timeouts(deadline_seconds=900, poll_interval_seconds=0.001, monotonic=ticking(20.0))
    fetcher = HttpFetcher(timeouts)

    def fetch_another() -> bytes:
        with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nroot")) as seen:
            return fetched(seen, fetcher)

    roots = (fetch_another() for _ in range(64))
    assert next(roots) == b"root"
    with pytest.raises(DownloadError, match="not done within"):
        list(roots)


def test_a_real_update_has_a_quarter_of_an_hour_and_a_least_rate() -> None:
    assert (UPDATE_TIMEOUTS.deadline_seconds, UPDATE_TIMEOUTS.stall_seconds) == (900, 30)
    assert (UPDATE_TIMEOUTS.least_bytes_per_second, UPDATE_TIMEOUTS.rate_seconds) == (1024, 30)
