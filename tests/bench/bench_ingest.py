"""What a durable report costs, beside a bare Starlette and plain sqlite3 in the same run.

    python -m tests.bench.bench_ingest [--json] [--reports N] [--rounds N] [--closing N]

``server-stub serve`` and a Starlette that only reads bodies and answers 204 run in processes of
their own; 64 connections send to one, then to the other, and the same rows are inserted by sqlite3
alone, 64 in a transaction, in every round. Medians of the rounds are printed; the sender shares the
processors, so ratios say more than rates. With ``--closing``, a window of so many reports is being
closed in every round.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from server_stub.ingest.store import ReportStore
from tests.bench.figures import say
from tests.bench.report_load import (
    ServerProcess,
    bodies_of,
    draw_reports,
    furnish,
    requests_of,
    rows_of,
    running_bare,
    running_server,
    send_all,
)
from tests.server_stub.loopback import WEEK

CONNECTIONS = 64
_OVER = WEEK - 14
"""A week whose grace is over."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of one server in one round."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Processor time of its process for one request."""


def _measured(server: ServerProcess, requests: Sequence[bytes]) -> Figures:
    before = server.process.cpu_ns()
    load = send_all(server.port, requests, connections=CONNECTIONS)
    spent = server.process.cpu_ns() - before
    if load.answers != {204: len(requests)}:
        raise SystemExit(f"not every request was answered by 204: {dict(load.answers)}")
    return Figures(
        per_second=load.rate(),
        p50_ms=load.wait_ms(0.5),
        p99_ms=load.wait_ms(0.99),
        cpu_us=spent / len(requests) / 1000,
    )


def _plain_inserts(store: Path, rows: Sequence[tuple[bytes, str, int, str]]) -> Figures:
    """Insert rows by sqlite3 alone, as many in a transaction as there are connections."""
    ReportStore(store).close()
    took = []
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        cpu = time.thread_time()
        for begin in range(0, len(rows), CONNECTIONS):
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO report VALUES (?, ?, ?, ?)", rows[begin : begin + CONNECTIONS]
            )
            connection.execute("COMMIT")
            took.append(time.perf_counter() - began)
        cpu = time.thread_time() - cpu
    p50, p99 = (statistics.quantiles(took, n=100)[n] * 1000 for n in (49, 98))
    return Figures(
        per_second=len(rows) / sum(took), p50_ms=p50, p99_ms=p99, cpu_us=cpu / len(rows) * 1e6
    )


def _fill(store: Path, number: int) -> None:
    """Write a window that is over, by sqlite3 alone."""
    ReportStore(store).close()
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO report VALUES (?, ?, ?, ?)",
            rows_of(draw_reports(number, seed=9, week=_OVER)),
        )
        connection.execute("COMMIT")


def _median(rounds: Sequence[Figures]) -> Figures:
    return Figures(
        **{name: statistics.median(getattr(f, name) for f in rounds) for name in vars(rounds[0])}
    )


def measure(directory: Path, *, reports: int, rounds: int, over: int) -> dict[str, Figures]:
    """Return the medians of the server, of Starlette alone, and of sqlite3 alone."""
    found: dict[str, list[Figures]] = {"server": [], "starlette": [], "sqlite": []}
    with running_bare() as bare:
        for n in range(rounds):
            room = directory / str(n)
            repository, store = furnish(room)
            if over:
                _fill(store, over)
            drawn = draw_reports(reports, seed=n)
            requests = requests_of(bodies_of(drawn))
            with running_server(repository, store) as server:
                found["server"].append(_measured(server, requests))
                if over and server.process.child() is None:
                    raise SystemExit(
                        "the window was closed before the reports were sent: send fewer"
                    )
            found["starlette"].append(_measured(bare, requests))
            found["sqlite"].append(_plain_inserts(room / "plain.db", rows_of(drawn)))
    return {name: _median(rounds) for name, rounds in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a durable report costs.")
    parser.add_argument("--reports", type=int, default=10_000, help="in a round [10000]")
    parser.add_argument("--rounds", type=int, default=5, help="medians are of so many [5]")
    parser.add_argument("--closing", type=int, default=0, help="reports of a window that closes")
    parser.add_argument("--json", action="store_true", help="for machines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(
            Path(name),
            reports=arguments.reports,
            rounds=arguments.rounds,
            over=arguments.closing,
        )
    part = {
        "of_starlette_rate": found["server"].per_second / found["starlette"].per_second,
        "of_starlette_cpu": found["starlette"].cpu_us / found["server"].cpu_us,
        "of_sqlite_rate": found["server"].per_second / found["sqlite"].per_second,
    }
    say({**{name: vars(one) for name, one in found.items()}, **part}, as_json=arguments.json)


if __name__ == "__main__":
    main()
