"""``server-stub estimate``, ``changes`` and ``spool`` as their users run them."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edgeagent.clock import HOUR_SECONDS, WEEK_SECONDS, iso_utc, week_start
from edgeagent.messages import Report, ReportTask, canonical_bytes
from edgeagent.privacy.batches import draw_reports
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.cli import main
from tests.server_stub.aggregation.aggregator_suite import drawn_reports, filled_store
from tests.server_stub.loopback import WEEK, make_repository, make_task

OVER = week_start(WEEK + 1) + 13 * WEEK_SECONDS
EVEN = np.full(9, 1 / 9)
LESS = EVEN + np.array([0.11, -0.11, *(0,) * 7])
BEFORE = make_task()
AFTER = make_task(epoch=227)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of two quarters, whose segments one model assigns."""
    made = make_repository(tmp_path / "repository", task=BEFORE)
    task = made / "targets" / "tasks" / f"{'d' * 64}.report.json"
    task.write_bytes(canonical_bytes(AFTER))
    return made


def watched(task: ReportTask, shares: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Report]:
    generator = np.random.default_rng(task.epoch)
    sessions = generator.choice(9, size=12_000, p=shares)
    rows = draw_reports(randomizer_for(task), sessions, generator).astype(int).tolist()
    return [
        Report(
            report_id=f"{task.epoch:016x}{number:016x}",
            task=task.name,
            week=WEEK,
            counts=tuple(row),
        )
        for number, row in enumerate(rows)
    ]


@pytest.fixture
def quarters(tmp_path: Path) -> Path:
    return filled_store(tmp_path / "q.db", [*watched(BEFORE, EVEN), *watched(AFTER, LESS)])


def test_what_changed_and_what_only_seems_to_have(repository: Path, quarters: Path) -> None:
    options = ("changes", "--repository", repository, "--store", quarters)
    lines = run(*options).stdout.splitlines()
    assert lines[0] == "2026 Q3 to 2026 Q4, 9 differences judged together:"
    assert lines[1] == "  changed:"
    assert {line.split(":")[0].strip() for line in lines[2:4]} == {"Genre 0", "Genre 1"}
    assert " points (" in lines[2]
    (change,) = json.loads(run(*options, "--json").stdout)["changes"]
    verdicts = {segment["name"]: segment["verdict"] for segment in change["segments"]}
    assert verdicts["Genre 0"] == verdicts["Genre 1"] == "changed"
    rows = list(csv.DictReader(StringIO(run(*options, "--csv").stdout)))
    assert {row["name"]: row["verdict"] for row in rows} == verdicts
    assert rows[0]["before_quarter"] == "226"
    # A rate so high that a segment that did not change is named, as one that only seems to have.
    seeming = run(*options, "--error-rate", "0.9").stdout
    assert "only seem to have changed; if nothing did, about 8.1 would, too:" in seeming


def test_quarters_of_few_reports_are_not_compared(repository: Path, tmp_path: Path) -> None:
    reports = [*drawn_reports(50), *drawn_reports(50, task=AFTER)]
    options = (
        *("changes", "--repository", repository),
        *("--store", filled_store(tmp_path / "r.db", reports)),
    )
    said = "2026 Q3 to 2026 Q4: too few reports to say anything\n"
    assert run(*options).output == said
    assert (run(*options, "--json").stderr, run(*options, "--json").stdout) == (
        said,
        '{"changes":[]}\n',
    )
    assert "  no change that is certain enough\n" in run(*options, "--raw").output


def test_changes_of_mean_counts_are_sessions(tmp_path: Path) -> None:
    tasks = [make_task(epoch=epoch, mechanism="discrete_laplace") for epoch in (226, 227)]
    repository = make_repository(tmp_path / "repository", task=tasks[0])
    task = repository / "targets" / "tasks" / f"{'d' * 64}.report.json"
    task.write_bytes(canonical_bytes(tasks[1]))
    reports = [report for task in tasks for report in drawn_reports(40, task=task, seed=task.epoch)]
    store = filled_store(tmp_path / "r.db", reports)
    options = ("changes", "--repository", repository, "--store", store, "--raw")
    assert "9 differences judged together" in run(*options).output
    assert " sessions, " in run(*options, "--error-rate", 0.99).output


def test_one_quarter_is_said_to_be_too_few(repository: Path, tmp_path: Path) -> None:
    store = filled_store(tmp_path / "r.db", drawn_reports(3))
    result = run("changes", "--repository", repository, "--store", store)
    assert (result.exit_code, "nothing to be compared with" in result.stderr) == (3, True)


def test_parquet_holds_what_csv_holds(repository: Path, quarters: Path, tmp_path: Path) -> None:
    out = tmp_path / "it's.parquet"
    options = ("estimate", "--repository", repository, "--store", quarters)
    result = run(*options, "--parquet", out, "--csv")
    rows = list(csv.DictReader(StringIO(result.stdout)))
    table = duckdb.read_parquet(str(out))
    assert table.columns == list(rows[0])
    values = [dict(zip(table.columns, map(str, row), strict=True)) for row in table.fetchall()]
    assert values == rows
    kinds = dict(zip(table.columns, map(str, table.types), strict=True))
    assert (kinds["value"], kinds["reports"], kinds["publishable"]) == (
        "DOUBLE",
        "BIGINT",
        "BOOLEAN",
    )
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    lost = run(*options, "--parquet", tmp_path / "none" / "x.parquet")
    assert (lost.exit_code, "x.parquet cannot be written" in lost.stderr) == (11, True)


def test_an_export_of_too_few_reports_has_no_rows(repository: Path, tmp_path: Path) -> None:
    store = filled_store(tmp_path / "r.db", drawn_reports(3, task=AFTER))
    out = tmp_path / "e.parquet"
    result = run("estimate", "--repository", repository, "--store", store, "--parquet", out)
    assert result.stderr.startswith("Too few reports to say anything: 3 of 5,000.")
    assert duckdb.read_parquet(str(out)).fetchall() == []


@pytest.mark.parametrize("command", ["estimate", "changes"])
def test_one_place_of_reports_is_needed(command: str, repository: Path, tmp_path: Path) -> None:
    options = (command, "--repository", repository)
    for places in ((), ("--store", tmp_path / "r.db", "--spool", tmp_path / "spool")):
        result = run(*options, *places)
        assert (result.exit_code, "one of --store and --spool" in result.stderr) == (3, True)


def test_spark_sums_a_spool_and_needs_java(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    options = ("estimate", "--repository", repository, "--engine", "spark")
    store = run(*options, "--store", tmp_path / "r.db")
    assert (store.exit_code, "sums a spool, not a store" in store.stderr) == (3, True)
    spool = run(*options, "--spool", tmp_path / "spool")
    assert spool.exit_code == 3
    assert "engine spark needs" in spool.stderr
    assert "or sum with --engine duckdb" in spool.stderr


def test_two_servers_are_summed_together(repository: Path, tmp_path: Path) -> None:
    reports = drawn_reports(60, task=AFTER)
    spool = ("--spool", tmp_path / "spool", "--repository", repository)
    for name, part in {"a.db": reports[:40], "b.db": reports[20:]}.items():
        written = run("spool", "write", *spool, "--store", filled_store(tmp_path / name, part))
        assert written.output == f"copied week {WEEK} of {AFTER.name}: 40 reports\n"
    estimate = ("estimate", *spool, "--raw", "--json")
    provisional = json.loads(run(*estimate).stdout)
    assert (provisional["reports"], provisional["final"]) == (60, False)
    nothing = run("spool", "close", *spool, "--at", iso_utc(OVER))
    assert nothing.output == "no window is over\n"
    at = iso_utc(OVER + 2 * HOUR_SECONDS)
    closed = json.loads(run("spool", "close", *spool, "--at", at, "--json").stdout)
    assert closed == {"closed": [{"task": AFTER.name, "week": WEEK, "reports": 60}]}
    final = json.loads(run(*estimate).stdout)
    assert (final["final"], final["segments"]) == (True, provisional["segments"])
    again = run("spool", "write", *spool, "--store", tmp_path / "a.db")
    assert again.output == "no window is open\n"
    done = json.loads(run("spool", "write", *spool, "--store", tmp_path / "a.db", "--json").stdout)
    assert done == {"windows": []}


def test_a_server_that_closes_a_window_copies_its_last_reports(
    repository: Path, tmp_path: Path
) -> None:
    store = filled_store(
        tmp_path / "r.db",
        [*drawn_reports(30, task=AFTER), *drawn_reports(7, task=AFTER, week=WEEK + 1)],
    )
    spool = ("--spool", tmp_path / "spool", "--repository", repository)
    closed = run("close", "--store", store, *spool, "--at", iso_utc(OVER + 1))
    assert closed.output == f"closed week {WEEK} of {AFTER.name}: 30 reports\n"
    found = json.loads(run("estimate", *spool, "--raw", "--json").stdout)
    assert (found["reports"], found["weeks"], found["final"]) == (37, [WEEK, WEEK + 1], False)
    alone = run("close", "--store", store, "--spool", tmp_path / "spool")
    assert (alone.exit_code, "--spool needs --repository" in alone.stderr) == (3, True)
