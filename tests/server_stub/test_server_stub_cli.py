from __future__ import annotations

import csv
import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeagent.clock import iso_utc, week_start
from edgeagent.messages import encode_report
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.cli import main
from server_stub.ingest.store import ReportStore
from tests.server_stub.loopback import (
    JSON,
    WEEK,
    make_report,
    make_repository,
    make_task,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


@contextmanager
def served(
    repository: Path, store: Path, *more: str
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "server_stub", "serve", "--json"),
            *("--repository", str(repository), "--store", str(store), *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def post(port: int, body: bytes) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/v1/reports", body=body, headers=JSON)
        return connection.getresponse().status


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.deep
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_until_it_is_stopped(
    repository: Path, tmp_path: Path, stop: signal.Signals, code: int
) -> None:
    store = tmp_path / "r.db"
    now = iso_utc(week_start(WEEK + 1))
    with served(repository, store, "--at", now) as (process, started):
        assert started["url"] == f"http://127.0.0.1:{started['port']}"
        assert started["tasks"] == [make_task().name]
        assert post(started["port"], encode_report(make_report())) == 204
        process.send_signal(stop)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, b"Traceback" in errors) == (code, False)
    assert SqliteAggregator(store).report_count() == 1
    assert [path.name for path in tmp_path.glob("r.db*")] == ["r.db"]


@pytest.mark.deep
def test_an_acknowledged_report_survives_a_kill(repository: Path, tmp_path: Path) -> None:
    store = tmp_path / "r.db"
    now = iso_utc(week_start(WEEK + 1))
    with served(repository, store, "--at", now) as (process, started):
        for number in range(5):
            assert post(started["port"], encode_report(make_report(number))) == 204
        process.kill()
    assert SqliteAggregator(store).report_count() == 5


@pytest.mark.deep
def test_the_time_and_grace_of_the_command_line_count(repository: Path, tmp_path: Path) -> None:
    late = ("--at", iso_utc(week_start(WEEK + 3)).removesuffix("Z"))
    for number, (grace, status) in enumerate({"1": 410, "2": 204}.items()):
        store = tmp_path / f"{number}.db"
        with served(repository, store, *late, "--grace-weeks", grace) as (_, started):
            assert post(started["port"], encode_report(make_report())) == status


def test_a_port_in_use_is_one_line_and_the_way_out(repository: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(
            "serve", "--repository", repository, "--store", tmp_path / "r.db", "--port", port
        )
    assert result.exit_code == 7
    assert result.stderr.splitlines() == [
        f"error: cannot listen on 127.0.0.1:{port}: Address already in use",
        "  try: stop what listens there, or choose another --port (0: a free one)",
    ]
    assert not (tmp_path / "r.db").exists()


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        ({"--host": "192.0.2.1"}, 7, "choose an address of this machine"),
        ({"--repository": "/nowhere"}, 3, "no target tasks/report.json"),
        ({"--task": "/nowhere"}, 3, "/nowhere: No such file"),
        ({"--store": __file__}, 5, "not a database"),
        ({"--at": "yesterday"}, 2, "2026-11-24T00:00:00Z"),
    ],
)
def test_bad_input_is_said_in_a_line(
    repository: Path, tmp_path: Path, spoil: dict[str, str], code: int, said: str
) -> None:
    options = {"--repository": str(repository), "--store": str(tmp_path / "r.db")} | spoil
    result = run("serve", *(part for option in options.items() for part in option))
    assert (result.exit_code, said in result.stderr) == (code, True)
    assert "Traceback" not in result.stderr


def fill(store: Path, *, reports: int) -> None:
    with closing(ReportStore(store)) as opened:
        opened.add([make_report(number) for number in range(reports)])


def test_estimates_as_json(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=5000)
    result = run("estimate", "--repository", repository, "--store", tmp_path / "r.db", "--json")
    answer = json.loads(result.stdout)
    assert (answer["reports"], answer["publishable"], answer["weeks"]) == (5000, False, [WEEK])
    assert answer["withheld_because"] == ["no half-width is stated (--half-width)"]
    assert [segment["name"] for segment in answer["segments"]] == [
        *(f"Genre {number}" for number in range(8)),
        "none",
    ]
    assert sum(segment["share"] for segment in answer["segments"]) == pytest.approx(1)
    assert sum(segment["display_share"] for segment in answer["segments"]) == pytest.approx(1)
    first, last = answer["segments"][0], answer["segments"][-1]
    assert first["low"] < first["share"] < first["high"] + 1e-9
    assert last["share"] < 0 == last["display_share"]


def test_too_few_reports_come_before_any_number(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=4999)
    options = ("estimate", "--repository", repository, "--store", tmp_path / "r.db")
    result = run(*options)
    assert result.exit_code == 0
    assert result.stdout.startswith("Too few reports to say anything: 4,999 of 5,000. ")
    assert "Genre" not in result.stdout
    assert json.loads(run(*options, "--json").stdout)["segments"] == []
    assert len(run(*options, "--csv").stdout.splitlines()) == 1
    withheld = run(*options, "--json")
    assert withheld.stderr.startswith("Too few reports to say anything: 4,999 of 5,000. ")
    answer = json.loads(withheld.stdout)
    assert answer["segments"] == []
    assert "fewer than 5,000 reports (4,999 arrived)" in answer["withheld_because"]
    raw = run(*options, "--raw").stdout
    assert raw.startswith("Too few reports")
    assert "Genre 0" in raw
    assert "fewer than 5,000 reports" in raw
    assert len(json.loads(run(*options, "--raw", "--json").stdout)["segments"]) == 9


def test_enough_reports_are_shown_as_a_table(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=5000)
    shown = run("estimate", "--repository", repository, "--store", tmp_path / "r.db").stdout
    assert "Too few" not in shown
    assert "5,000 reports" in shown
    assert "Genre 0" in shown


def test_a_row_of_csv_says_what_it_depends_on(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=5000)
    options = ("estimate", "--repository", repository, "--store", tmp_path / "r.db")
    rows = list(csv.DictReader(StringIO(run(*options, "--csv").stdout)))
    segments = json.loads(run(*options, "--json").stdout)["segments"]
    assert [float(row["value"]) for row in rows] == [segment["value"] for segment in segments]
    assert {(row["reports"], row["mechanism"], row["epsilon"]) for row in rows} == {
        ("5000", "subset_selection", "1.098612")
    }
    assert {(row["publishable"], row["withheld_because"]) for row in rows} == {
        ("False", "no half-width is stated (--half-width)")
    }


def test_shares_that_are_ratios_have_their_interval_in_sessions(tmp_path: Path) -> None:
    task = make_task(mechanism="discrete_laplace")
    repository = make_repository(tmp_path / "repository", task=task)
    with closing(ReportStore(tmp_path / "r.db")) as opened:
        opened.add(
            [
                make_report(number, task=task.name, counts=(8, 4, *(0,) * 7))
                for number in range(5000)
            ]
        )
    shown = run("estimate", "--repository", repository, "--store", tmp_path / "r.db").stdout
    assert "share*" in shown
    assert "* a ratio of two estimates" in shown


def test_a_fleet_that_reports_less_than_once_a_week_has_no_weekly_interval() -> None:
    answer = json.loads(run("calculate", "--boxes", 12, "--json").stdout)
    assert answer["half_width_of_a_week"] is None
    thirteen = run("calculate", "--boxes", 13).stdout
    assert "from those of one week, a 13th of the boxes, not at all" in thirteen
    assert "±" not in thirteen
    many = run("calculate", "--boxes", 10_000).stdout
    assert many.count("to ± ") == 2


def test_epsilon_says_what_odds_say() -> None:
    both = [run("calculate", "--boxes", 900, *by) for by in (("--odds", 2), ("--epsilon", "0.69"))]
    assert both[0].stdout == both[1].stdout
    assert "e^epsilon = 2," in both[0].stdout
    assert run("calculate", "--boxes", 9, "--odds", 2, "--epsilon", "0.69").exit_code == 2


def test_boxes_and_half_widths_are_calculated_from_each_other() -> None:
    there = json.loads(run("calculate", "--half-width", 0.01, "--json").stdout)
    back = json.loads(run("calculate", "--boxes", there["boxes"], "--json").stdout)
    assert back == there
    assert 0.00999 < there["half_width"] <= 0.01
    assert there["half_width_of_a_week"] == pytest.approx(0.01 * 13**0.5, rel=1e-3)
    assert there["publishable"]
    lines = run("calculate", "--boxes", 12, "--odds", "3/2", "--segments", 8).stdout.splitlines()
    assert lines[0] == "12 boxes that report, e^epsilon = 3/2, 8 segments:"
    assert lines[-1] == "Too few reports for publication, which takes 5,000."
    assert len(lines) == 4


@pytest.mark.parametrize("options", [(), ("--boxes", "9", "--half-width", "0.1")])
def test_one_of_boxes_and_half_width_is_calculated_from(options: tuple[str, ...]) -> None:
    result = run("calculate", *options)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "one of --boxes and --half-width" in result.stderr


def test_publication_is_refused_in_a_line_and_nothing_is_printed(
    repository: Path, tmp_path: Path
) -> None:
    fill(tmp_path / "r.db", reports=4999)
    options = ("estimate", "--repository", repository, "--store", tmp_path / "r.db", "--json")
    result = run(*options, "--half-width", "0.0001")
    assert (result.exit_code, result.stdout) == (8, "")
    assert "fewer than 5,000 reports (4,999 arrived); the widest interval is ± " in result.stderr
    with closing(ReportStore(tmp_path / "r.db")) as opened:
        opened.add([make_report(4999)])
    assert run(*options, "--half-width", "0.0001").exit_code == 8
    result = run(*options, "--half-width", "0.1")
    assert json.loads(result.stdout)["publishable"]
    assert run(*options, "--half-width", "0").exit_code == 2


def test_weeks_are_pooled_report_by_report(repository: Path, tmp_path: Path) -> None:
    with closing(ReportStore(tmp_path / "r.db")) as opened:
        opened.add([make_report(number, week=WEEK - number % 3) for number in range(30)])
    options = ("estimate", "--repository", repository, "--store", tmp_path / "r.db", "--json")
    two = json.loads(run(*options, "--week", WEEK, "--week", WEEK - 1).stdout)
    assert (two["reports"], two["weeks"]) == (20, [WEEK - 1, WEEK])
    assert json.loads(run(*options, "--simultaneous").stdout)["reports"] == 30


def test_clipped_counts_are_taken_and_estimated(tmp_path: Path) -> None:
    task = make_task(mechanism="discrete_laplace")
    repository = make_repository(tmp_path / "repository", task=task)
    store, now = tmp_path / "r.db", iso_utc(week_start(WEEK + 1))
    with served(repository, store, "--at", now) as (_, started):
        for number, counts in enumerate([(8, -3, *(0,) * 7), (999, -999, *(0,) * 7)]):
            report = make_report(number, task=task.name, counts=counts)
            assert post(started["port"], encode_report(report)) == 204
        assert post(started["port"], encode_report(make_report(9))) == 400
    options = ("estimate", "--repository", repository, "--store", store)
    answer = json.loads(run(*options, "--json", "--raw").stdout)
    assert (answer["unit"], answer["reports"]) == ("sessions", 2)
    # The mean of what a clamp cuts off is λ / (1 − λ), λ = e^(−1.098 / 16): 14.1.
    assert answer["segments"][0]["value"] == pytest.approx((8 + 999 + 14.078) / 2, abs=1e-3)
    assert answer["segments"][1]["value"] == pytest.approx((-3 - 999 - 14.078) / 2, abs=1e-3)
    assert "The widest interval is ± 30.00 sessions" in run(*options).stdout
    shown = run(*options, "--simultaneous", "--raw").stdout
    assert "Sessions a box and week" in shown
    assert "95% joint interval" in " ".join(shown.split())
    assert "a ratio of two estimates" in shown


def test_an_empty_week_names_the_weeks_that_are_there(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=1)
    options = ("--repository", repository, "--store", tmp_path / "r.db")
    result = run("estimate", *options, "--week", 7)
    assert result.exit_code == 3
    assert f"weeks {WEEK} to {WEEK}" in result.stderr
    assert run("estimate", *options, "--week", WEEK).exit_code == 0


def test_no_reports_at_all(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=0)
    result = run("estimate", "--repository", repository, "--store", tmp_path / "r.db")
    assert (result.exit_code, result.stdout) == (3, "")


def test_a_task_file_replaces_that_of_the_repository(repository: Path, tmp_path: Path) -> None:
    fill(tmp_path / "r.db", reports=1)
    other = make_repository(tmp_path / "other", task=make_task(epoch=227))
    (task_file,) = (other / "targets" / "tasks").iterdir()
    options = ("--repository", repository, "--store", tmp_path / "r.db")
    result = run("estimate", *options, "--task", task_file)
    assert "subset_selection.9.3-1.227" in result.stderr
