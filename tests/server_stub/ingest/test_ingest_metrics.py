"""What an operator watches: health, and metrics without anything of a client."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edgeagent.errors import NetworkError
from server_stub.ingest.metrics import Metrics
from tests.server_stub.loopback import WEEK, Stub, make_report, make_repository, running_stub


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    repository = make_repository(tmp_path / "measured")
    return Metrics(repository=repository, store=tmp_path / "r.db", waiting=lambda: 7)


def values(port: int) -> dict[str, float]:
    """Return every sample that is served, by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            " ".join((sample.name, *sample.labels.values())): sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def measured(tmp_path: Path, metrics: Metrics) -> Iterator[Stub]:
    with running_stub(tmp_path, metrics=metrics) as stub:
        yield stub


def test_answers_are_counted_by_status_and_week(measured: Stub, metrics: Metrics) -> None:
    measured.post(make_report(1))
    measured.post(make_report(1))
    measured.post(make_report(2, week=WEEK + 9))
    measured.post(b"{" * 512)
    measured.ask("POST", "/v1/reports", body=b"", headers={})
    with metrics.served(0) as port:
        found = values(port)
    assert found[f"edgeagent_report_answers_total 204 {WEEK}"] == 2
    assert found["edgeagent_report_answers_total 425 "] == 1
    assert found["edgeagent_report_answers_total 400 "] == 1
    assert found["edgeagent_report_answers_total 415 "] == 1
    assert found["edgeagent_commit_seconds_count"] == 2
    assert found["edgeagent_queue_reports"] == 7
    assert found["edgeagent_disk_free_bytes"] > 0


def test_weeks_that_a_client_invents_make_no_series(measured: Stub, metrics: Metrics) -> None:
    for number in range(20):
        measured.post(make_report(number, week=WEEK + 10 + number))
        measured.post(make_report(number, week=WEEK - 40 - number))
    with metrics.served(0) as port:
        series = [name for name in values(port) if name.startswith("edgeagent_report_answers_t")]
    assert sorted(series) == [
        "edgeagent_report_answers_total 400 ",
        "edgeagent_report_answers_total 425 ",
    ]


def test_the_newest_metadata_says_when_it_expires(tmp_path: Path, metrics: Metrics) -> None:
    metadata = tmp_path / "measured" / "metadata"
    (metadata / "timestamp.json").write_text('{"signed": {"expires": "2026-11-24T00:00:00Z"}}')
    (metadata / "1.snapshot.json").write_text('{"signed": {"expires": "2026-11-25T00:00:00Z"}}')
    (metadata / "9.snapshot.json").write_text('{"signed": {"expires": "2027-11-25T00:00:00Z"}}')
    (metadata / "10.snapshot.json").write_text('{"signed": {"expires": "2026-11-26T00:00:00Z"}}')
    (metadata / "1.targets.json").write_text("{")
    with metrics.served(0) as port:
        found = values(port)
    days = {
        role: found[f"edgeagent_{role}_expires_timestamp_seconds"] / 86_400
        for role in ("root", "timestamp", "snapshot", "targets")
    }
    assert days == {"root": 0, "timestamp": 20_781, "snapshot": 20_783, "targets": 0}


def test_a_port_that_is_taken_is_said(metrics: Metrics) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(NetworkError, match=f"127.0.0.1:{port}: Address") as caught,
            metrics.served(port),
        ):
            pytest.fail("it listens")
    assert "--metrics-port" in caught.value.hint


def test_health_follows_the_last_batch(tmp_path: Path) -> None:
    with running_stub(tmp_path, max_pages=4) as stub:
        assert (stub.ask("GET", "/healthz").status, stub.ask("GET", "/healthz").body) == (
            200,
            b"ok\n",
        )
        statuses = {stub.post(make_report(number)).status for number in range(80)}
        assert 507 in statuses
        answer = stub.ask("GET", "/healthz")
        assert (answer.status, answer.body) == (503, b"the disk is full\n")
