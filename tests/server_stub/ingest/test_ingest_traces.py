"""What a server writes tells neither who sent a report, nor when, nor in which order."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from edgeagent.clock import week_of
from edgeagent.messages import Report, encode_report
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.store import ReportStore
from tests.bench.report_load import running_server
from tests.server_stub.loopback import make_report, make_repository

REPORTS = [
    make_report(int.from_bytes(random.Random(number).randbytes(16)))  # noqa: S311  (test data)
    for number in range(150)
]
COUNTERS = (slice(24, 28), slice(92, 96))
"""In SQLite's header: how often the file was changed."""


def file_after(path: Path, reports: Sequence[Report]) -> bytes:
    async def take_one_by_one(store: ReportStore) -> None:
        ingest = Ingest(store)
        ingest.start()
        for report in reports:
            answer = ingest.submit(report)
            assert answer is not None
            await answer
        await ingest.stop()

    with closing(ReportStore(path)) as store:
        asyncio.run(take_one_by_one(store))
    content = bytearray(path.read_bytes())
    for counter in COUNTERS:
        content[counter] = bytes(4)
    return bytes(content)


def test_the_file_is_the_same_in_whatever_order_reports_arrive(tmp_path: Path) -> None:
    first = file_after(tmp_path / "a.db", REPORTS)
    assert first == file_after(tmp_path / "b.db", REPORTS[::-1])
    with closing(ReportStore(tmp_path / "c.db")) as store:  # without being rewritten it is not
        for report in REPORTS[::-1]:
            store.add([report])
    assert first[100:] != (tmp_path / "c.db").read_bytes()[100:]


def send_from(address: str, port: int, report: Report) -> bytes:
    """Post a report with headers that no box sends."""
    head = (
        "POST /v1/reports?query-marker HTTP/1.1\r\nHost: host-marker\r\n"
        "User-Agent: agent-marker\r\nX-Forwarded-For: 198.51.100.77\r\nCookie: cookie-marker\r\n"
        "Content-Type: application/json\r\nContent-Length: 512\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(
        ("127.0.0.1", port), timeout=30, source_address=(address, 0)
    ) as line:
        line.sendall(head.encode() + encode_report(report))
        return line.recv(1000)


def traces_in(content: bytes, *, seconds: range, addresses: Sequence[str]) -> list[str]:
    found = re.findall(rb"[a-z]+-marker|\b[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?\b", content)
    packed: dict[str, bytes] = {}
    for second in seconds:
        packed |= {f"{order} {second}": struct.pack(f"{order}I", second) for order in "<>"}
        packed[str(second)] = str(second).encode()
    for address in addresses:
        packed |= {address: address.encode(), f"packed {address}": socket.inet_aton(address)}
    return [text.decode() for text in found] + [n for n, some in packed.items() if some in content]


def test_traces_are_found() -> None:
    content = b"GET from 127.0.0.77 at 12:31:07, agent-marker" + struct.pack(">I", 1_790_000_001)
    found = traces_in(
        content, seconds=range(1_790_000_000, 1_790_000_003), addresses=["127.0.0.77"]
    )
    assert found == ["12:31:07", "agent-marker", "> 1790000001", "127.0.0.77"]


@pytest.mark.deep
def test_nothing_that_a_server_writes_tells_who_sent_or_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "written"
    (written / "tmp").mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(written / "tmp"))
    repository, store = make_repository(tmp_path / "repository"), written / "reports.db"
    began = int(time.time())
    week = week_of(began) - 1
    seen: list[bytes] = []
    with (
        (written / "log").open("wb") as log,
        running_server(repository, store, at=None, log=log) as server,
    ):
        for number, report in enumerate(REPORTS[:40]):
            answer = send_from(
                "127.0.0.77", server.port, make_report(int(report.report_id, 16), week=week)
            )
            assert answer.startswith(b"HTTP/1.1 204 "), number
        assert send_from("127.0.0.77", server.port, REPORTS[0]).startswith(b"HTTP/1.1 4")
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
            line.sendall(b"agent-marker nonsense\r\n\r\n")
            assert line.recv(1000).startswith(b"HTTP/1.1 400 ")
        seen += [path.read_bytes() for path in written.rglob("*") if path.is_file()]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "server_stub",
                "backup",
                "--store",
                str(store),
                str(written / "b.db"),
            ],
            check=True,
            stdout=log,
        )
    seen += [path.read_bytes() for path in written.rglob("*") if path.is_file()]
    assert any(bytes.fromhex(REPORTS[0].report_id) in content for content in seen)
    assert b"HTTP" not in (written / "log").read_bytes()  # nor a line for each nonsense
    seconds = range(began - 1, int(time.time()) + 2)
    addresses = ["127.0.0.77", "198.51.100.77"]
    found = [traces_in(content, seconds=seconds, addresses=addresses) for content in seen]
    assert found == [[] for _ in seen]
