"""The configuration that is shipped, in a real nginx with TLS."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import server_stub
from edgeagent.messages import encode_report
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from tests.server_stub.loopback import JSON, Answer, Stub, make_report, running_stub

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not shutil.which("nginx"), reason="needs apt-get install nginx-light"),
]
SITE = Path(server_stub.__file__).parent / "install" / "nginx" / "edgeagent-server.conf"
WHOLE = """daemon off; pid {here}/pid; error_log {here}/error.log; events {{}}
http {{ {temporary}
{site} }}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def certificate(here: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-days", "2", "-keyout", str(here / "key.pem"), "-out", str(here / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )


@dataclass(frozen=True, kw_only=True)
class Proxy:
    stub: Stub
    here: Path
    port: int

    def line(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.here / "cert.pem"))
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return context.wrap_socket(raw, server_hostname="localhost")

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        context = ssl.create_default_context(cafile=str(self.here / "cert.pem"))
        with closing(
            http.client.HTTPSConnection("localhost", self.port, timeout=30, context=context)
        ) as connection:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=names, body=response.read())

    def raw(self, sent: bytes) -> bytes:
        with self.line() as line:
            line.sendall(sent)
            received = b""
            while chunk := line.recv(65536):
                received += chunk
        return received


@contextmanager
def proxied(directory: Path, **changes: str) -> Iterator[Proxy]:
    with running_stub(directory) as stub:
        here, port = directory / "nginx", free_port()
        here.mkdir()
        certificate(here)
        text = SITE.read_text("utf-8")
        for old, new in {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "listen [::]:443 ssl;": "",
            "127.0.0.1:8470": f"127.0.0.1:{stub.port}",
            "reports.example.com;": "localhost;",
            "/etc/ssl/certs/reports.example.com.pem": f"{here}/cert.pem",
            "/etc/ssl/private/reports.example.com.key": f"{here}/key.pem",
            **changes,
        }.items():
            assert old in text
            text = text.replace(old, new)
        temporary = "".join(f"{name}_temp_path {here}/{name};" for name in TEMPORARY)
        whole = here / "nginx.conf"
        whole.write_text(WHOLE.format(here=here, site=text, temporary=temporary))
        checked = subprocess.run(
            ["nginx", "-t", "-q", "-c", whole], capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")
        process = subprocess.Popen(["nginx", "-c", whole])
        try:
            proxy = Proxy(stub=stub, here=here, port=port)
            while process.poll() is None:  # until it listens
                try:
                    proxy.line().close()
                    break
                except ConnectionRefusedError:
                    continue
            yield proxy
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    with proxied(tmp_path) as running:
        yield running


def test_reports_and_the_repository_pass_and_nothing_else(proxy: Proxy) -> None:
    body = encode_report(make_report())
    assert proxy.ask("POST", "/v1/reports", body, **JSON).status == 204
    assert proxy.ask("POST", "/v1/reports", body).status == 415
    assert SqliteAggregator(proxy.stub.store).report_count() == 1
    metadata = proxy.ask("GET", "/metadata/1.root.json")
    assert (metadata.status, metadata.body) == (200, b'{"signed": {}}')
    target = f"/targets/tasks/{'b' * 64}.report.json"
    part = proxy.ask("GET", target, Range="bytes=0-4")
    assert (part.status, len(part.body)) == (206, 5)
    assert proxy.ask("PUT", target).status == 403
    for path in ("/", "/healthz", "/metrics", "/secret.key", "/targets/../secret.key"):
        assert proxy.ask("GET", path).status in {400, 404}
    assert "server" not in metadata.headers or metadata.headers["server"] == "nginx"


def test_limits_hold_before_the_server_is_asked(tmp_path: Path) -> None:
    with proxied(tmp_path, **{"client_header_timeout 5s": "client_header_timeout 1s"}) as proxy:
        _limits_hold(proxy)


def _limits_hold(proxy: Proxy) -> None:
    long = proxy.ask("POST", "/v1/reports", b"x" * 513, **JSON)
    assert long.status == 413
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n"
    assert proxy.raw(head).startswith(b"HTTP/1.1 400 ")
    assert proxy.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ") == b""  # too slow


def test_no_header_of_a_box_and_no_address_reaches_the_server(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        upstream = listener.getsockname()[1]
        with proxied(
            tmp_path, **{"    keepalive 64;": f"    server 127.0.0.1:{upstream} weight=9;"}
        ) as it:
            pattern = re.compile(
                rb"marker|127\.0\.0\.1|user-agent|sec-gpc|forwarded", re.IGNORECASE
            )
            with it.line() as line:
                line.sendall(
                    b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nUser-Agent: marker\r\n"
                    b"Sec-GPC: 1\r\nX-Forwarded-For: marker\r\nCookie: marker\r\n"
                    b"Content-Type: application/json\r\nContent-Length: 4\r\n\r\nbody"
                )
                accepted, _ = listener.accept()
                with accepted:
                    received = accepted.recv(65536)
                    accepted.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                assert line.recv(100).startswith(b"HTTP/1.1 204 ")
            assert received.startswith(b"POST /v1/reports HTTP/1.1\r\n")
            assert received.endswith(b"body")
            assert pattern.findall(received) == []


def test_one_address_has_a_rate(tmp_path: Path) -> None:
    with proxied(tmp_path, **{"rate=100r/s": "rate=1r/m", "burst=2000": "burst=3"}) as it:
        answers = [it.ask("GET", "/metadata/1.root.json") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 4 + [429] * 2
    assert answers[-1].headers["retry-after"] == "60"


def test_it_writes_nothing_about_anybody(proxy: Proxy) -> None:
    proxy.ask("POST", "/v1/reports", encode_report(make_report()), **JSON)
    proxy.raw(b"nonsense\r\n\r\n")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as line:
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")  # without TLS
        line.recv(1000)
    files = [path for path in proxy.here.rglob("*") if path.is_file()]
    written = {path.name: path.read_bytes() for path in files if path.suffix != ".conf"}
    assert {name for name, content in written.items() if content} == {"key.pem", "cert.pem", "pid"}
