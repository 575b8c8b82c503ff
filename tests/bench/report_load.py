"""Many boxes that send at once, over connections that stay open, as a proxy's do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import uvloop

from edgeagent.clock import iso_utc, week_start
from edgeagent.messages import Report, ReportTask, canonical_bytes, encode_report
from edgeagent.network.transport import REPORT_HEADERS
from edgeagent.privacy.subset_selection import SubsetSelection
from tests.bench.served import Watched
from tests.server_stub.loopback import WEEK, make_repository, make_task

__all__ = [
    "TASK",
    "Load",
    "ServerProcess",
    "bodies_of",
    "draw_reports",
    "furnish",
    "in_parts",
    "requests_of",
    "rows_of",
    "running_bare",
    "running_server",
    "send_all",
]

CATEGORIES = 33
AFTER_WEEK = iso_utc(week_start(WEEK + 1) + 300_000)
"""In the middle of the week after the one that is reported."""
TASK: ReportTask = make_task(categories=CATEGORIES)
"""32 segments and none, as a task of an operator has."""


def draw_reports(number: int, *, seed: int = 1, week: int = WEEK) -> list[Report]:
    """Return reports as boxes send them: random ids, d ones among the counts."""
    rng = np.random.default_rng(seed)
    ones = SubsetSelection(CATEGORIES, TASK.odds).weight
    ids = rng.bytes(16 * number)
    chosen = rng.random((number, CATEGORIES)).argsort(axis=1) < ones
    return [
        Report(
            report_id=ids[16 * n : 16 * n + 16].hex(),
            task=TASK.name,
            week=week,
            counts=tuple(row),
        )
        for n, row in enumerate(chosen.astype(int).tolist())
    ]


def requests_of(bodies: Sequence[bytes]) -> list[bytes]:
    """Return whole requests, with the headers of a box."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in REPORT_HEADERS)
    head = f"POST /v1/reports HTTP/1.1\r\nHost: reports.example.com\r\n{headers}"
    return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


@dataclass(kw_only=True)
class Load:
    """What came of sending."""

    seconds: float = 0.0
    answers: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    """Seconds of each request, from its last byte to its answer."""
    acknowledged: list[bytes] = field(default_factory=list)
    """Requests that were answered by 204."""
    unanswered: list[bytes] = field(default_factory=list)
    """Requests whose connection ended without an answer, or did not begin."""
    on_acknowledged: Callable[[int], object] = lambda _number: None
    """Called with the number of those that are acknowledged."""

    def rate(self) -> float:
        """Answers a second."""
        return sum(self.answers.values()) / self.seconds

    def wait_ms(self, quantile: float) -> float:
        """Milliseconds that this part of the requests waited at most."""
        return float(np.quantile(self.waits, quantile)) * 1000


class _Sender(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, requests: Iterator[bytes], load: Load) -> None:
        self._requests = requests
        self._load = load
        self._received = b""
        self._current: bytes | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has another base
        self._send()

    def _send(self) -> None:
        self._current = next(self._requests, None)
        if self._current is None:
            self._transport.close()
            return
        self._transport.write(self._current)
        self._sent = time.perf_counter()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.lower().partition(b"content-length: ")
        if len(rest) < int(length.partition(b"\r\n")[0] or 0):
            return
        self._received = b""
        self._load.waits.append(time.perf_counter() - self._sent)
        self._load.answers[int(head[9:12])] += 1
        if head[9:12] == b"204" and self._current is not None:
            self._load.acknowledged.append(self._current)
            self._load.on_acknowledged(len(self._load.acknowledged))
        self._current = None
        if b"connection: close" in head.lower():
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._current is not None:
            self._load.unanswered.append(self._current)
        self.ended.set_result(None)


def send_all(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int = 64,
    on_acknowledged: Callable[[int], object] = lambda _number: None,
) -> Load:
    """Send all requests over so many connections, each as soon as the last was answered."""
    load = Load(on_acknowledged=on_acknowledged)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        queue = iter(requests)
        left = len(requests)
        began = time.perf_counter()
        while left > 0:  # a refusal may end its connection
            senders = await asyncio.gather(
                *(
                    loop.create_connection(lambda: _Sender(queue, load), "127.0.0.1", port)
                    for _ in range(min(connections, left))
                ),
                return_exceptions=True,
            )
            begun = [sender[1] for sender in senders if not isinstance(sender, BaseException)]
            if not begun:
                load.unanswered.extend(queue)
            await asyncio.gather(*(sender.ended for sender in begun))
            left = len(requests) - sum(load.answers.values()) - len(load.unanswered)
        load.seconds = time.perf_counter() - began

    uvloop.run(run())
    return load


def furnish(directory: Path) -> tuple[Path, Path]:
    """Return a repository with the task, and where a store may be made."""
    return make_repository(directory / "repository", task=TASK), directory / "reports.db"


@dataclass(frozen=True, kw_only=True)
class ServerProcess:
    """A server that answers."""

    process: Watched
    popen: subprocess.Popen[str]
    port: int
    metrics_port: int | None = None


@contextmanager
def running_server(
    repository: Path,
    store: Path,
    *,
    at: str | None = AFTER_WEEK,
    options: Sequence[str] = (),
    log: BinaryIO | None = None,
) -> Iterator[ServerProcess]:
    """Run ``server-stub serve`` in a process of its own; at ``None`` by the system's clock."""
    command = [
        *(sys.executable, "-m", "server_stub", "serve", "--json"),
        *("--repository", str(repository), "--store", str(store), *options),
        *(() if at is None else ("--at", at)),
    ]
    with _answering(command, log=log) as running:
        yield running


def running_bare() -> AbstractContextManager[ServerProcess]:
    """Run Starlette alone, which reads each body and answers 204."""
    return _answering([sys.executable, "-m", "tests.bench.bare_starlette"])


@contextmanager
def _answering(command: Sequence[str], *, log: BinaryIO | None = None) -> Iterator[ServerProcess]:
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert popen.stdout is not None
    try:
        said = json.loads(popen.stdout.readline())
        yield ServerProcess(
            process=Watched(popen.pid),
            popen=popen,
            port=said["port"],
            metrics_port=said.get("metrics_port"),
        )
    finally:
        popen.terminate()
        popen.wait()
        popen.stdout.close()


def bodies_of(reports: Sequence[Report]) -> list[bytes]:
    """Return the bodies of reports."""
    return [encode_report(report) for report in reports]


def rows_of(reports: Sequence[Report]) -> list[tuple[bytes, str, int, str]]:
    """Return reports as the store keeps them."""
    return [
        (bytes.fromhex(r.report_id), r.task, r.week, canonical_bytes(r.counts).decode())
        for r in reports
    ]


def in_parts(requests: Sequence[bytes], parts: int) -> list[Sequence[bytes]]:
    """Return a sequence cut into equal parts."""
    size = len(requests) // parts
    return [requests[n * size : (n + 1) * size] for n in range(parts)]
