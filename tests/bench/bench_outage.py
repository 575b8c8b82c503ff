"""What goes wrong around ingest, measured: invalid traffic, an outage, a full disk.

    python -m tests.bench.bench_outage [--json] [--reports N]

Invalid traffic: 5, 50 and 100 % of the requests are no reports; the rate, and the processor time of
the server for one request. An outage: the server is killed under load, boxes gather, it starts
again, and all of them send at once. A full disk: the store lies on a tmpfs that fills, and grows
again; needs root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from tests.bench.figures import say
from tests.bench.report_load import (
    bodies_of,
    draw_reports,
    furnish,
    requests_of,
    running_server,
    send_all,
)

_INVALID_PERCENT = (0, 5, 50, 100)
_SMALL, _LARGE = "66m", "96m"
"""Of the tmpfs: the server leaves 64 MiB free."""


def _spoiled(body: bytes) -> bytes:
    """Return a body of a report's length that is none."""
    return body.replace(b'"counts"', b'"amount"')


def invalid_traffic(directory: Path, *, reports: int) -> list[dict[str, float]]:
    """Send mixtures of reports and what is none, each to a server of its own."""
    rows = []
    for percent in _INVALID_PERCENT:
        bodies = [
            _spoiled(body) if n % 100 < percent else body
            for n, body in enumerate(bodies_of(draw_reports(reports)))
        ]
        repository, store = furnish(directory / str(percent))
        with running_server(repository, store) as server:
            before = server.process.cpu_ns()
            load = send_all(server.port, requests_of(bodies))
            cpu_us = (server.process.cpu_ns() - before) / reports / 1000
        if (
            set(load.answers) - {204, 400}
            or SqliteAggregator(store).report_count() != load.answers[204]
        ):
            raise SystemExit(f"not as it should be: {dict(load.answers)}")
        rows.append(
            {
                "percent": percent,
                "per_second": load.rate(),
                "p99_ms": load.wait_ms(0.99),
                "cpu_us": cpu_us,
            }
        )
    return rows


def outage(directory: Path, *, reports: int) -> dict[str, float]:
    """Kill a server under load, start it again, and send what waits."""
    repository, store = furnish(directory / "outage")
    requests = requests_of(bodies_of(draw_reports(reports)))
    with running_server(repository, store) as server:
        before = send_all(
            server.port,
            requests,
            on_acknowledged=lambda number: server.popen.kill() if number == reports // 10 else None,
        )
    began = time.perf_counter()
    with running_server(repository, store) as server:
        ready = time.perf_counter() - began
        after = send_all(server.port, before.unanswered)
        found = SqliteAggregator(store).report_count()
    if found != reports or set(after.answers) != {204}:
        raise SystemExit(f"{found} of {reports} reports are there: {dict(after.answers)}")
    return {
        "waiting": len(before.unanswered),
        "start_seconds": ready,
        "drained_seconds": after.seconds,
        "per_second": after.rate(),
        "lost": reports - found,
    }


@contextmanager
def _small_disk(directory: Path) -> Iterator[Path]:
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "tmpfs", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)


def full_disk(directory: Path, *, reports: int) -> dict[str, float]:
    """Send until the disk is full, let it grow, and send again."""
    with _small_disk(directory / "disk") as disk:
        repository, _ = furnish(directory / "full")
        store = disk / "reports.db"
        requests = requests_of(bodies_of(draw_reports(reports)))
        with running_server(repository, store) as server:
            first = send_all(server.port, requests)
            kept = SqliteAggregator(store).report_count()
            subprocess.run(["mount", "-o", f"remount,size={_LARGE}", disk], check=True)
            second = send_all(server.port, requests)
            found = SqliteAggregator(store).report_count()
    if kept != first.answers[204] or set(first.answers) - {204, 507} or found != reports:
        raise SystemExit(f"not as it should be: {dict(first.answers)}, {dict(second.answers)}")
    return {
        "acknowledged": first.answers[204],
        "refused_by_507": first.answers[507],
        "kept": kept,
        "there_after_it_grew": found,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What goes wrong around ingest.")
    parser.add_argument("--reports", type=int, default=20_000, help="sent each time [20000]")
    parser.add_argument("--json", action="store_true", help="for machines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        found: dict[str, object] = {
            "invalid": invalid_traffic(directory, reports=arguments.reports),
            "outage": outage(directory, reports=arguments.reports),
        }
        if os.geteuid() == 0:
            found["full_disk"] = full_disk(directory, reports=arguments.reports)
    say(found, as_json=arguments.json)


if __name__ == "__main__":
    main()
