"""A stub server on a free port of loopback, in a thread, and a client that speaks raw HTTP."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute

from edgeagent.clock import week_start
from edgeagent.messages import (
    ModelManifest,
    Report,
    ReportTask,
    Segmenter,
    SegmentLabel,
    TargetReference,
    canonical_bytes,
    encode_report,
)
from edgeagent.testing.clock import FakeClock
from server_stub.ingest.admission import Admission
from server_stub.ingest.app import create_app
from server_stub.ingest.chores import Chore
from server_stub.ingest.connections import ConnectionLimits
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.metrics import Metrics
from server_stub.ingest.serving import listen, make_server
from server_stub.ingest.store import ReportStore

WEEK = 2960
CATEGORIES = 9
JSON = {"Content-Type": "application/json"}


def reference(name: str, digit: str = "a") -> TargetReference:
    return TargetReference(path=name, sha256=digit * 64, length_bytes=10)


def make_task(**changes: object) -> ReportTask:
    fields: dict[str, object] = {
        "mechanism": "subset_selection",
        "categories": CATEGORIES,
        "odds_numerator": 3,
        "odds_denominator": 1,
        "epoch": 226,
        "first_week": WEEK - 20,
        "segmenter": Segmenter(
            space_id="0" * 16,
            model=reference("models/segments.onnx"),
            catalogue=reference("catalogue/titles.bin"),
        ),
    }
    return ReportTask(**(fields | changes))  # type: ignore[arg-type]


def make_manifest(**changes: object) -> ModelManifest:
    fields: dict[str, object] = {
        "head": "foldin",
        "space_id": "0" * 16,
        "model_version": "1",
        "trained_at": 0,
        "dimension": 8,
        "segments": tuple(
            SegmentLabel(name=f"Genre {n}", sensitive=False, iab=()) for n in range(CATEGORIES - 1)
        ),
        "model": reference("models/segments.onnx"),
        "golden": reference("models/golden.json"),
        "catalogue": reference("catalogue/titles.bin"),
    }
    return ModelManifest(**(fields | changes))  # type: ignore[arg-type]


def make_report(number: int = 1, **changes: object) -> Report:
    fields: dict[str, object] = {
        "report_id": f"{number:032x}",
        "task": make_task().name,
        "week": WEEK,
        "counts": (1, 1, 0, 0, 0, 0, 0, 0, 0),
    }
    return Report(**(fields | changes))  # type: ignore[arg-type]


def make_repository(directory: Path, *, task: ReportTask | None = None) -> Path:
    (directory / "metadata").mkdir(parents=True)
    (directory / "metadata" / "1.root.json").write_bytes(b'{"signed": {}}')
    (directory / "targets" / "tasks").mkdir(parents=True)
    (directory / "targets" / "models").mkdir()
    (directory / "targets" / "tasks" / f"{'b' * 64}.report.json").write_bytes(
        canonical_bytes(task or make_task())
    )
    (directory / "targets" / "models" / f"{'c' * 64}.manifest.json").write_bytes(
        canonical_bytes(make_manifest())
    )
    (directory / "secret.key").write_text("not for anyone")
    return directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    port: int
    clock: FakeClock
    store: Path

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=names, body=response.read())

    def post(self, report: Report | bytes) -> Answer:
        body = report if isinstance(report, bytes) else encode_report(report)
        return self.ask("POST", "/v1/reports", body=body, headers=JSON)

    def raw(self, *pieces: bytes) -> bytes:
        """Send bytes as they are, keep the line open, and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            for piece in pieces:
                line.sendall(piece)
            received = b""
            while chunk := line.recv(65536):
                received += chunk
        return received


async def idle() -> None:
    """Have no chores."""


@contextmanager
def running_stub(  # noqa: PLR0913  (what a server is made of; each has a default)
    directory: Path,
    *,
    capacity: int = 4096,
    max_pages: int = 0,
    limits: ConnectionLimits | None = None,
    forget_seconds: float = 3600.0,
    metrics: Metrics | None = None,
    chores: Chore = idle,
    more_routes: Sequence[BaseRoute] = (),
) -> Iterator[Stub]:
    """Serve a small repository; it is the middle of the week after ``WEEK``."""
    clock = FakeClock(week_start(WEEK + 1) + 300_000)
    store_path = directory / "reports.db"
    repository = make_repository(directory / "repository")
    with closing(ReportStore(store_path)) as store, listen("127.0.0.1", 0) as listener:
        if max_pages:
            store._connection.execute(f"PRAGMA max_page_count = {max_pages}")
        ingest = Ingest(store, capacity=capacity, forget_seconds=forget_seconds)
        if metrics:
            ingest.on_commit = metrics.committed
        server = make_server(
            create_app(
                repository=repository,
                admission=Admission([make_task()], clock=clock),
                ingest=ingest,
                answered=metrics.answered if metrics else lambda _status, _week: None,
                chores=chores,
                more_routes=more_routes,
            ),
            limits=limits,
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Stub(port=listener.getsockname()[1], clock=clock, store=store_path)
        finally:
            server.should_exit = True
            thread.join()
