"""The report door against a server that records what it sees and answers as it likes."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf

import pytest

from edgeagent.errors import NetworkError
from edgeagent.network.exchange import Timeouts
from edgeagent.network.transport import REPORT_TIMEOUTS, HttpTransport
from tests.network.hostile import Seen, read_request, serving

BODY = b"{}".ljust(512)


class _Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recording

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.seen.append((self.path, dict(self.headers), self.rfile.read(length)))
        self.server.peers.append(self.client_address)
        status, headers = self.server.answer
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Recording(ThreadingHTTPServer):
    answer: tuple[int, list[tuple[str, str]]] = (204, [])

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Recorder)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.peers: list[tuple[str, int]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Recording]:
    with Recording() as recording:
        thread = threading.Thread(target=recording.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield recording
        recording.shutdown()
        thread.join()


def test_headers_are_few_and_the_same_on_every_box(server: Recording) -> None:
    assert HttpTransport(server.url).post(BODY).status == 204
    path, headers, body = server.seen[0]
    assert path == "/v1/reports"
    assert body == BODY
    assert headers == {
        "Host": f"127.0.0.1:{server.server_port}",
        "User-Agent": "edgeagent",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Sec-GPC": "1",
        "Content-Length": "512",
    }


def test_each_report_has_a_connection_of_its_own(server: Recording) -> None:
    transport = HttpTransport(server.url)
    transport.post(BODY)
    transport.post(BODY)
    assert len(set(server.peers)) == 2


def test_cookies_are_not_kept(server: Recording) -> None:
    server.answer = (204, [("Set-Cookie", "id=7; Path=/")])
    transport = HttpTransport(server.url)
    transport.post(BODY)
    transport.post(BODY)
    assert "Cookie" not in server.seen[1][1]


def test_a_redirect_is_an_answer_and_is_not_followed(server: Recording) -> None:
    server.answer = (307, [("Location", f"{server.url}/elsewhere")])
    assert HttpTransport(server.url).post(BODY).status == 307
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("99999999999", 604_800),
        ("-5", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 480),
        ("Wed, 21 Oct 2026 07:18:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:18:00 GMT", 604_800),
        ("Wed, 21 Oct 2026 07:28:00", None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999999", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_a_bounded_number_of_seconds(
    server: Recording, value: str, seconds: int | None
) -> None:
    now = ("Date", "Wed, 21 Oct 2026 07:20:00 GMT")
    server.answer = (503, [("Retry-After", value.encode().decode("latin-1")), now])
    assert HttpTransport(server.url).post(BODY).retry_after_seconds == seconds


def test_a_proxy_in_the_environment_is_not_used(
    server: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert HttpTransport(server.url).post(BODY).status == 204


def test_no_server_is_a_network_error_with_a_way_out() -> None:
    gone = Recording()
    url = gone.url
    gone.server_close()
    with pytest.raises(NetworkError, match=r"Connection") as refused:
        HttpTransport(url).post(BODY)
    assert "server_url" in refused.value.hint


def test_nonsense_instead_of_http_is_a_network_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"\x00\x01nonsense\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        with pytest.raises(NetworkError):
            HttpTransport(f"http://127.0.0.1:{listener.getsockname()[1]}").post(BODY)
        thread.join()


def test_a_report_has_a_minute_and_a_least_rate() -> None:
    assert (REPORT_TIMEOUTS.deadline_seconds, REPORT_TIMEOUTS.stall_seconds) == (60, 30)
    assert REPORT_TIMEOUTS.least_bytes_per_second == 16


def test_an_answer_that_drips_is_left_long_before_the_deadline() -> None:
    clock = itertools.count(step=1.0)

    def script(seen: Seen, connection: socket.socket) -> None:
        read_request(seen, connection)
        try:
            connection.sendall(b"HTTP/1.1 204 No")
            while True:
                connection.sendall(b"x")
        except OSError:
            seen.left.set()

    timeouts = Timeouts(
        deadline_seconds=inf,
        poll_interval_seconds=0.001,
        least_bytes_per_second=1e6,
        monotonic=lambda: next(clock),
    )
    with serving(script) as seen:
        transport = HttpTransport(f"http://127.0.0.1:{seen.port}", timeouts=timeouts)
        with pytest.raises(NetworkError, match="slower than"):
            transport.post(BODY)
        assert seen.left.wait(60)
