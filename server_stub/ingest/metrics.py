"""What an operator watches, for Prometheus: counts and gauges of the server, none of any client."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from edgeagent.errors import NetworkError
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.messages.targets import METADATA

__all__ = ["Metrics"]

_COMMIT_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_METADATA = ("root", "timestamp", "snapshot", "targets")


class Metrics:
    """Metrics of one server; it is told of answers and commits."""

    def __init__(
        self,
        *,
        repository: Path,
        store: Path,
        waiting: Callable[[], int],
        leap_seconds: Callable[[], int] = lambda: 0,
    ) -> None:
        """Measure a server.

        Args:
            repository: whose metadata expires.
            store: whose disk fills.
            waiting: how many reports wait to be written.
            leap_seconds: by how much the clock is ahead of what is believed.

        """
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "edgeagent_report_answers",
            "Answers to POST /v1/reports, by status, and by week where the report was whole.",
            ("status", "week"),
            registry=self.registry,
        )
        # Its own look-up takes a lock and writes the labels as text, for every answer.
        self._answered = lru_cache(maxsize=1024)(self._answers.labels)
        self._commits = Histogram(
            "edgeagent_commit_seconds",
            "From the first insert of a batch of reports until it is on disk.",
            buckets=_COMMIT_SECONDS,
            registry=self.registry,
        )
        gauges: tuple[tuple[str, str, Callable[[], float]], ...] = (
            ("edgeagent_queue_reports", "Reports that wait to be written.", waiting),
            (
                "edgeagent_clock_leap_seconds",
                "How far the clock leapt ahead of the time by which windows close; 0: not.",
                leap_seconds,
            ),
            ("edgeagent_disk_free_bytes", "Free on the store's disk.", lambda: _free(store)),
            *(
                (
                    f"edgeagent_{role}_expires_timestamp_seconds",
                    f"When the repository's {role} metadata expires, seconds UTC; 0: not readable.",
                    lambda role=role: _expiry(repository / METADATA, role),
                )
                for role in _METADATA
            ),
        )
        for name, text, value in gauges:
            Gauge(name, text, registry=self.registry).set_function(value)

    def answered(self, status: int, week: int | None) -> None:
        """Count an answer to a report; ``None``: it was not read as far as its week."""
        self._answered(status, "" if week is None else week).inc()

    def committed(self, seconds: float) -> None:
        """Count a batch that is on disk."""
        self._commits.observe(seconds)

    @contextmanager
    def served(self, port: int) -> Iterator[int]:
        """Serve ``/metrics`` on a loopback port of its own while the block lasts; yield the port.

        Raises:
            NetworkError: it cannot listen there.

        """
        try:
            server, thread = start_http_server(port, addr=LOOPBACK, registry=self.registry)
        except OSError as error:
            raise NetworkError(
                f"cannot listen on {LOOPBACK}:{port}: {os.strerror(error.errno or 0)}",
                hint="choose another --metrics-port (0: a free one)",
            ) from error
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _free(store: Path) -> float:
    found = os.statvfs(store.absolute().parent)
    return float(found.f_bavail * found.f_frsize)


def _expiry(metadata: Path, role: str) -> float:
    """Return when the newest version of a role's metadata expires."""
    paths = [*metadata.glob(f"*.{role}.json"), *metadata.glob(f"{role}.json")]
    newest = max(paths, key=_version, default=None)  # one before it may be signed for longer
    return 0.0 if newest is None else _expires(newest)


def _version(path: Path) -> int:
    """Return the number before the role; 0 where there is none, as before the timestamp."""
    number = path.name.partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _expires(path: Path) -> float:
    try:
        expires = json.loads(path.read_bytes())["signed"]["expires"]
        return datetime.fromisoformat(expires).timestamp()
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
