"""``privacy.json`` against the encoder and the wire: neither can change alone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent.messages import Report, encode_report
from edgeagent.network.fetcher import HttpFetcher
from edgeagent.network.target_download import STEP_BYTES
from edgeagent.network.transport import HttpTransport
from edgeagent.privacy.declaration import DeclaredRequest, load_declaration
from tests.network.hostile import Seen, read_request, serving

PAGE = Path(__file__).parents[2] / "edgeagent" / "privacy" / "README.md"
REPORT = Report(
    report_id="0" * 32, task="subset_selection.8.3-1.1", week=2960, counts=(1, 1, 0, 0, 0, 0, 0, 0)
)


def declared(name: str) -> DeclaredRequest:
    (found,) = [request for request in load_declaration().requests if request.name == name]
    return found


def test_these_kinds_of_requests_leave() -> None:
    names = [request.name for request in load_declaration().requests]
    assert names == ["download", "continued download", "report"]


def test_one_header_varies_between_boxes() -> None:
    varying = [
        header.name
        for request in load_declaration().requests
        for header in request.headers
        if header.varies
    ]
    assert varying == ["Range"]


def test_fields_and_their_ranges_are_those_of_the_encoder() -> None:
    _, components = msgspec.json.schema_components([Report])
    encoder = components["Report"]["properties"]
    written = {field.name: _plain(field.schema) for field in declared("report").fields}
    assert written == {name: _plain(schema) for name, schema in encoder.items()}
    assert components["Report"]["additionalProperties"] is False


def test_fields_are_those_of_an_encoded_report() -> None:
    body = encode_report(REPORT)
    assert len(body) == declared("report").body_bytes
    assert set(msgspec.json.decode(body)) == {field.name for field in declared("report").fields}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in {"description", "title"}}


def answer(seen: Seen, connection: socket.socket) -> None:
    read_request(seen, connection)
    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def answer_get(seen: Seen, connection: socket.socket) -> None:
    while not seen.data.endswith(b"\r\n\r\n"):
        seen.data += connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def post(url: str) -> None:
    HttpTransport(url).post(encode_report(REPORT))


def download(url: str) -> None:
    assert list(HttpFetcher().fetch(f"{url}/metadata/timestamp.json")) == []


def continue_download(url: str) -> None:
    with HttpFetcher().fetch_from(f"{url}/targets/models/0.onnx", STEP_BYTES) as part:
        assert (part.start, list(part.chunks)) == (0, [])


@pytest.mark.parametrize(
    ("name", "make", "script"),
    [
        ("report", post, answer),
        ("download", download, answer_get),
        ("continued download", continue_download, answer_get),
    ],
)
def test_headers_are_those_on_the_wire(
    name: str, make: Callable[[str], None], script: Callable[[Seen, socket.socket], None]
) -> None:
    with serving(script) as seen:
        host = f"127.0.0.1:{seen.port}"
        make(f"http://{host}")
    start, *lines = bytes(seen.data).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    request = declared(name)
    assert start.split()[0] == request.method
    assert lines == [f"{header.name}: {header.value or host}" for header in request.headers]


def test_the_page_names_every_field_and_header() -> None:
    page = PAGE.read_text("utf-8")
    for request in load_declaration().requests:
        names = [field.name for field in request.fields]
        names += [header.name for header in request.headers]
        assert [name for name in names if f"`{name}" not in page] == []
