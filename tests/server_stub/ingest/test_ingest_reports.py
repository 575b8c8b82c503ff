from __future__ import annotations

import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edgeagent.clock import WEEK_SECONDS, week_start
from edgeagent.messages import Report, canonical_bytes, encode_report
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.ingest.connections import ConnectionLimits
from tests.server_stub.loopback import (
    CATEGORIES,
    JSON,
    WEEK,
    Stub,
    make_report,
    make_task,
    running_stub,
)

HEAD = b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def counted(stub: Stub) -> int:
    return SqliteAggregator(stub.store).report_count()


def test_a_report_is_counted(stub: Stub) -> None:
    answer = stub.post(make_report())
    assert (answer.status, answer.body) == (204, b"")
    totals = SqliteAggregator(stub.store).totals(make_task())
    assert (totals.reports, totals.counts) == (1, make_report().counts)


def test_the_same_report_again_is_acknowledged_and_counted_once(stub: Stub) -> None:
    assert [stub.post(make_report()).status for _ in range(3)] == [204, 204, 204]
    assert counted(stub) == 1


def test_another_report_under_a_known_id_is_refused(stub: Stub) -> None:
    stub.post(make_report())
    other = make_report(counts=(0, 0, 0, 0, 0, 0, 0, 1, 1))
    assert stub.post(other).status == 409
    assert SqliteAggregator(stub.store).totals(make_task()).counts == make_report().counts


@pytest.mark.parametrize(
    "report",
    [
        make_report(counts=(1, 1, 1, 0, 0, 0, 0, 0, 0)),
        make_report(counts=(1, 0, 0, 0, 0, 0, 0, 0, 0)),
        make_report(counts=(2, 0, 0, 0, 0, 0, 0, 0, 0)),
        make_report(counts=(3, -1, 0, 0, 0, 0, 0, 0, 0)),
        make_report(counts=(1, 1, 0, 0, 0, 0, 0, 0)),
        make_report(counts=(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
        make_report(task=make_task(epoch=227).name),
        make_report(week=WEEK - 21),
    ],
    ids=[
        "a weight too large",
        "a weight too small",
        "a two",
        "a negative count",
        "a category too few",
        "a category too many",
        "an unknown task",
        "a week before the task",
    ],
)
def test_what_an_honest_box_does_not_send_is_refused(stub: Stub, report: Report) -> None:
    answer = stub.post(report)
    assert answer.status == 400
    assert answer.body.endswith(b"\n")
    assert counted(stub) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" " * 512,
        b"{" * 512,
        b"\xff" * 512,
        canonical_bytes(make_report()),
        encode_report(make_report())[:-1],
        encode_report(make_report()).replace(b'"week"', b'"weak"'),
        b" " + encode_report(make_report())[:-1],
        encode_report(make_report())[:-1] + b"\n",
    ],
    ids=["empty", "blank", "braces", "binary", "bare", "short", "field", "shifted", "newline"],
)
def test_garbage_is_refused(stub: Stub, body: bytes) -> None:
    assert stub.post(body).status == 400
    assert counted(stub) == 0


def test_a_closed_week_is_gone(stub: Stub) -> None:
    last_moment = week_start(WEEK + 1) + 13 * WEEK_SECONDS
    stub.clock.set(last_moment + 1)
    assert stub.post(make_report()).status == 410
    stub.clock.set(last_moment)
    assert stub.post(make_report()).status == 204
    assert counted(stub) == 1


@pytest.mark.parametrize("ahead", [1, 2, 500], ids=["running", "next", "years ahead"])
def test_a_week_that_has_not_ended_is_asked_for_again(stub: Stub, ahead: int) -> None:
    early = make_report(week=WEEK + ahead)
    answer = stub.post(early)
    assert (answer.status, answer.headers["retry-after"]) == (425, "900")
    assert counted(stub) == 0
    stub.clock.set(week_start(early.week + 1))
    assert stub.post(early).status == 204


def test_a_report_that_is_too_long_is_not_read_to_its_end(stub: Stub) -> None:
    # The client waits for an answer before it sends any of the body it announced.
    answer = stub.raw(HEAD + b"Content-Length: 1000000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_nor_is_one_of_unknown_length(stub: Stub) -> None:
    chunk = b"200\r\n" + b"x" * 512 + b"\r\n"
    answer = stub.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_report_is_as_good(stub: Stub) -> None:
    body = encode_report(make_report())
    answer = stub.raw(
        HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"100\r\n" + body[:256] + b"\r\n",
        b"100\r\n" + body[256:] + b"\r\n0\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 204 ")


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with running_stub(tmp_path, limits=ConnectionLimits(body_seconds=0.05)) as stub:
        answer = stub.raw(HEAD + b"Content-Length: 512\r\n\r\n", b"{")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert stub.post(make_report()).status == 204


def test_a_client_that_goes_away_harms_nobody(stub: Stub) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=30) as line:
        line.sendall(HEAD + b"Content-Length: 512\r\n\r\n{")
    assert stub.post(make_report()).status == 204
    assert counted(stub) == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "",
        "application/jsonp",
        "application/json; charset=utf-16",
        'application/json; charset="ISO-8859-1"',
        "application/json/x",
    ],
)
def test_only_json_is_read(stub: Stub, content_type: str) -> None:
    body = encode_report(make_report())
    answer = stub.ask("POST", "/v1/reports", body=body, headers={"Content-Type": content_type})
    assert answer.status == 415


@pytest.mark.parametrize(
    "content_type",
    [
        "Application/JSON; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; version=1",
    ],
)
def test_a_parameter_of_the_media_type_is_allowed(stub: Stub, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    body = encode_report(make_report())
    assert stub.ask("POST", "/v1/reports", body=body, headers=headers).status == 204


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_answered(stub: Stub, method: str) -> None:
    answer = stub.ask(method, "/v1/reports", headers=JSON)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_an_answer_tells_nothing_about_the_server_or_the_client(stub: Stub) -> None:
    answer = stub.post(make_report())
    assert answer.headers == {}


def test_many_at_once_are_all_counted(stub: Stub) -> None:
    statuses: list[int] = []

    def send(numbers: range) -> None:
        statuses.extend(stub.post(make_report(number)).status for number in numbers)

    threads = [
        threading.Thread(target=send, args=(range(start, start + 25),))
        for start in range(0, 200, 25)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [204] * 200
    assert counted(stub) == 200


def test_a_full_disk_is_said_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    with running_stub(tmp_path, max_pages=3) as stub:
        answers = [stub.post(make_report(number)) for number in range(60)]
        accepted = sum(answer.status == 204 for answer in answers)
        assert {answer.status for answer in answers} == {204, 507}
        assert answers[-1].headers["retry-after"] == "900"
        assert counted(stub) == accepted


def test_overload_is_said(tmp_path: Path) -> None:
    with running_stub(tmp_path, capacity=1) as stub:
        # A second writer holds the database, so the first batch waits for it and the rest queue.
        with closing(sqlite3.connect(stub.store, isolation_level=None)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            threads, statuses = [], []
            for number in range(8):
                thread = threading.Thread(
                    target=lambda number=number: statuses.append(
                        stub.post(make_report(number)).status
                    )
                )
                thread.start()
                threads.append(thread)
            while 503 not in statuses:
                threads[0].join(0.01)
            rival.execute("ROLLBACK")
        for thread in threads:
            thread.join()
        assert set(statuses) == {204, 503}
        assert counted(stub) == statuses.count(204)


def test_a_store_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    with running_stub(tmp_path) as stub:
        with closing(sqlite3.connect(stub.store, isolation_level=None)) as rival:
            rival.execute("DROP TABLE report")
        answer = stub.post(make_report())
        assert (answer.status, answer.headers["retry-after"]) == (503, "900")


def test_no_more_is_kept_than_the_report(stub: Stub) -> None:
    stub.post(make_report(7))
    with closing(sqlite3.connect(stub.store)) as reader:
        rows = reader.execute("SELECT * FROM report").fetchall()
        tables = reader.execute("SELECT name FROM sqlite_schema").fetchall()
    report = make_report(7)
    counts = msgspec.json.encode(report.counts).decode()
    assert rows == [(bytes.fromhex(report.report_id), report.task, WEEK, counts)]
    assert tables == [("report",), ("closed_window",), ("seen_day",)]
    assert len(report.counts) == CATEGORIES
