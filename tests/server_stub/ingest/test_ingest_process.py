from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from tests.bench.report_load import (
    TASK,
    bodies_of,
    draw_reports,
    furnish,
    requests_of,
    running_server,
    send_all,
)

pytestmark = pytest.mark.deep


def kill_at(process: subprocess.Popen[str], moment: int, number: int) -> None:
    if number == moment:
        process.kill()


def test_after_a_kill_under_load_all_that_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    repository, store = furnish(tmp_path)
    reports = draw_reports(1500)
    requests = requests_of(bodies_of(reports))
    left, acknowledged = list(requests), set[bytes]()
    for moment in (100, 300, 700):
        with running_server(repository, store) as server:
            load = send_all(
                server.port,
                left,
                on_acknowledged=partial(kill_at, server.popen, moment),
            )
        acknowledged |= set(load.acknowledged)
        left = load.unanswered
        assert set(load.answers) == {204}
        assert len(left) > 0
        with closing(sqlite3.connect(store)) as reader:
            ids = {key.hex() for (key,) in reader.execute("SELECT report_id FROM report")}
        assert {
            r.report_id for r, sent in zip(reports, requests, strict=True) if sent in acknowledged
        } <= ids
    with running_server(repository, store) as server:
        assert send_all(server.port, left + requests[:50]).answers == {204: len(left) + 50}
    totals = SqliteAggregator(store).totals(TASK)
    assert totals.reports == 1500
    assert list(totals.counts) == [
        sum(each) for each in zip(*(r.counts for r in reports), strict=True)
    ]


def test_a_stop_under_load_answers_what_it_has_taken(tmp_path: Path) -> None:
    repository, store = furnish(tmp_path)
    requests = requests_of(bodies_of(draw_reports(1500)))
    with running_server(repository, store) as server:
        load = send_all(
            server.port,
            requests,
            on_acknowledged=lambda number: server.popen.terminate() if number == 200 else None,
        )
        assert server.popen.wait(30) == 0
    assert set(load.answers) == {204}
    assert SqliteAggregator(store).report_count() == len(load.acknowledged) >= 200
    assert len(load.acknowledged) + len(load.unanswered) == 1500
    assert [file.name for file in tmp_path.glob("reports.db*")] == ["reports.db"]
