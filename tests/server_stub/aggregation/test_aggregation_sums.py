"""The store and the spool, summed by SQLite and DuckDB."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS, week_start
from edgeagent.errors import Damaged, DiskFull, InputError, OutputError, StorageError
from edgeagent.messages import Report, ReportTask
from edgeagent.testing.clock import FakeClock
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.aggregation.duckdb_engine import DuckDbEngine, connected
from server_stub.aggregation.spool import Spool
from server_stub.aggregation.spool_aggregator import SpoolAggregator
from server_stub.aggregation.spool_closing import close_spool
from server_stub.aggregation.spool_writing import SpooledWindow, write_spool
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.ingest.windows import ClosedWindow, close_windows
from tests.server_stub.aggregation.aggregator_suite import (
    LAPLACE,
    TASK,
    TASKS,
    AggregatorSuite,
    drawn_reports,
    filled_store,
    sums_of,
)
from tests.server_stub.aggregation.spooled import filled_spool, write_columns, write_rows
from tests.server_stub.loopback import WEEK, make_task

OVER = FakeClock(week_start(WEEK + 1) + 13 * WEEK_SECONDS + 2 * HOUR_SECONDS)
"""When the grace of ``WEEK`` is over, and every server has copied its last reports."""


class TestSqliteAggregator(AggregatorSuite):
    def over(
        self, directory: Path, *servers: Sequence[Report], malformed: Sequence[Report] = ()
    ) -> Aggregator:
        reports = [report for server in servers for report in server]
        return SqliteAggregator(filled_store(directory / "r.db", [*reports, *malformed]))


class TestDuckDb(AggregatorSuite):
    def over(
        self, directory: Path, *servers: Sequence[Report], malformed: Sequence[Report] = ()
    ) -> Aggregator:
        return SpoolAggregator(filled_spool(directory, *servers, malformed=malformed))


def test_rows_without_a_count_are_refused(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(5))
    write_rows(spool, TASK, WEEK, [(1, 1, *(None,) * 7), (None, 1, 1, *(0,) * 6)])
    assert SpoolAggregator(spool).windows(TASK) == (sums_of(drawn_reports(5), refused=2),)
    write_rows(spool, LAPLACE, WEEK, [(1,) * 8 + (None,), (1,) * 8 + (-32768,), (7,) * 9])
    (found,) = SpoolAggregator(spool).windows(LAPLACE)
    assert (found.totals.counts, found.refused) == ((7,) * 9, 2)


@pytest.mark.parametrize("task", [TASK, LAPLACE])
def test_rows_without_an_id_are_refused_and_counted(tmp_path: Path, task: ReportTask) -> None:
    spool = Spool(tmp_path / "spool")
    write_rows(spool, task, WEEK, [(1, 1, *(0,) * 7)])
    counts = ("1::TINYINT", "1::TINYINT", *("0::TINYINT",) * 7)
    for server, ids in {"a": ("NULL", "5"), "b": ("5", "NULL")}.items():
        write_columns(spool, task, WEEK, (*ids, *counts), server=server)
    (found,) = SpoolAggregator(spool).windows(task)
    assert (found.totals.reports, found.refused) == (1, 2)


@pytest.mark.parametrize(
    "counts", [("0",) * 8, (*("0",) * 8, "0::DOUBLE"), (*("0",) * 8, "0::DECIMAL(4, 1)")]
)
def test_a_file_without_every_column_in_integers_is_refused(
    tmp_path: Path, counts: tuple[str, ...]
) -> None:
    spool = filled_spool(tmp_path, drawn_reports(5))
    write_columns(spool, TASK, WEEK, ("5", "5", *counts), server="bad")
    with pytest.raises(InputError, match=r"bad-.*\.parquet has no column c08 of integers"):
        SpoolAggregator(spool).windows(TASK)


def test_a_link_to_nothing_and_a_directory_are_named(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(5))
    (ours,) = spool.open_files(TASK.name)[WEEK]
    wrong = ours.with_name("x.parquet")
    wrong.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"x\.parquet is no file"):
        SpoolAggregator(spool).windows(TASK)
    wrong.unlink()
    wrong.mkdir()
    with pytest.raises(InputError, match=r"x\.parquet is no file"):
        SpoolAggregator(spool).windows(TASK)


def test_a_row_that_is_refused_leaves_the_report_with_its_id(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for server, row in {"a": (1, 1, *(0,) * 7), "b": (1,) * 9, "c": (1, 1, *(0,) * 7)}.items():
        write_rows(spool, TASK, WEEK, [row], server=server)
    (found,) = SpoolAggregator(spool).windows(TASK)
    assert (found.totals.counts, found.refused) == ((1, 1, *(0,) * 7), 1)


@pytest.mark.parametrize("kind", ["TINYINT", "BIGINT"])
def test_integers_of_any_width_are_read(tmp_path: Path, kind: str) -> None:
    spool = filled_spool(tmp_path, drawn_reports(5))
    write_rows(spool, TASK, WEEK, [(1, 1, *(0,) * 7)], kind=kind)
    assert SpoolAggregator(spool).totals(TASK).reports == 6


def test_reports_lie_in_the_order_of_their_ids_and_their_file_tells_no_time(
    tmp_path: Path,
) -> None:
    reports = drawn_reports(300)
    spool = filled_spool(tmp_path, reports)
    (path,) = spool.open_files(TASK.name)[WEEK]
    assert path.stat().st_mtime == week_start(WEEK)
    with connected(tmp_path) as database:
        rows = database.read_parquet(str(path)).project("id_high, id_low").fetchall()
        kinds = database.read_parquet(str(path)).dtypes
    assert rows == sorted(rows)
    ids = {high.to_bytes(8, signed=True) + low.to_bytes(8, signed=True) for high, low in rows}
    assert ids == {bytes.fromhex(report.report_id) for report in reports}
    assert set(map(str, kinds[2:11])) == {"TINYINT"}


def test_a_server_replaces_what_it_wrote_before_and_nothing_else(tmp_path: Path) -> None:
    reports = drawn_reports(30)
    spool = filled_spool(tmp_path, reports[:10], reports[10:20])
    before = spool.open_files(TASK.name)[WEEK]
    filled_store(tmp_path / "0.db", reports[20:])
    copied: list[int] = []
    done = write_spool(tmp_path / "0.db", spool, TASKS, advance=copied.append)
    assert done == (SpooledWindow(task=TASK.name, week=WEEK, reports=20),)
    assert copied == [20]
    after = spool.open_files(TASK.name)[WEEK]
    assert len(set(before) & set(after)) == 1
    assert len(after) == 2
    assert SpoolAggregator(spool).windows(TASK) == (sums_of(reports),)
    assert sorted(path.name for path in spool.directory.iterdir()) == ["open"]


def test_a_copy_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(10))
    before = spool.open_files(TASK.name)
    with pytest.raises(ZeroDivisionError), spool.snapshot(TASK.name, WEEK, server="x") as path:
        path.write_bytes(b"%d" % (1 / 0))
    assert spool.open_files(TASK.name) == before
    assert len(list((spool.open_directory(TASK.name) / f"week={WEEK}").iterdir())) == 1


def test_a_closed_window_keeps_its_sums_and_loses_its_reports(tmp_path: Path) -> None:
    reports, later = drawn_reports(20), drawn_reports(6, week=WEEK + 1)
    spool = filled_spool(tmp_path, [*reports[:15], *later], reports[5:])
    sums = SpoolAggregator(spool)
    early = FakeClock(OVER.now() - 1)
    assert close_spool(spool, sums, TASKS, clock=early, grace_weeks=13) == ()
    for name, age in {"scratch-left": DAY_SECONDS + 1, "scratch-used": 1}.items():
        (spool.directory / name).mkdir()
        os.utime(spool.directory / name, (OVER.now() - age,) * 2)
    closed = close_spool(spool, sums, TASKS, clock=OVER, grace_weeks=13)
    assert closed == (ClosedWindow(task=TASK.name, week=WEEK, reports=20),)
    totals = sums_of(reports).totals
    final = WindowSums(week=WEEK, totals=totals, final=True)
    assert sums.windows(TASK) == (final, sums_of(later, week=WEEK + 1))
    assert sums.windows(TASK, weeks=(WEEK,)) == (final,)
    assert not [path for path in spool.directory.rglob("*") if f"week={WEEK}" in str(path.name)]
    assert [path.name for path in spool.directory.glob("scratch-*")] == ["scratch-used"]
    # A server that is late adds nothing to what is closed.
    assert [done.week for done in write_spool(tmp_path / "0.db", spool, TASKS)] == [WEEK + 1]
    assert sums.windows(TASK)[0] == final


def test_a_close_that_was_killed_goes_on(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(20))
    final = WindowSums(week=WEEK, totals=sums_of(drawn_reports(20)).totals, final=True)
    (path,) = spool.open_files(TASK.name)[WEEK]
    kept = path.read_bytes()
    spool.close(TASK.name, final)
    path.parent.mkdir()
    path.write_bytes(kept)  # as if it had not been deleted yet
    assert SpoolAggregator(spool).windows(TASK) == (final,)
    assert close_spool(spool, SpoolAggregator(spool), TASKS, clock=OVER, grace_weeks=13) == ()
    assert not path.exists()
    assert SpoolAggregator(spool).windows(TASK) == (final,)


def test_a_window_of_a_task_that_is_not_known_stays(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, [*drawn_reports(4), *drawn_reports(9, task=TASKS[2])])
    with pytest.raises(InputError, match=r"227 are over and cannot be summed") as caught:
        close_spool(spool, SpoolAggregator(spool), [TASK], clock=OVER, grace_weeks=13)
    assert "repository" in caught.value.hint
    assert spool.is_closed(TASK.name, WEEK)
    assert SpoolAggregator(spool).windows(TASKS[2])[0].totals.reports == 9


def test_a_window_without_a_row_is_closed_with_sums_of_nothing(tmp_path: Path) -> None:
    wrong = drawn_reports(1)[0]
    spool = filled_spool(tmp_path, [*drawn_reports(0)])
    filled_store(tmp_path / "0.db", [make_wrong(wrong)])
    write_spool(tmp_path / "0.db", spool, TASKS)
    assert SpoolAggregator(spool).windows(TASK) == ()
    closed = close_spool(spool, SpoolAggregator(spool), TASKS, clock=OVER, grace_weeks=13)
    assert [window.reports for window in closed] == [0]


def make_wrong(report: Report) -> Report:
    return Report(report_id=report.report_id, task=report.task, week=WEEK, counts=(5,) * 9)


def test_a_window_that_the_store_closed_keeps_what_was_copied(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(7))
    close_windows(tmp_path / "0.db", clock=OVER, grace_weeks=13)
    assert write_spool(tmp_path / "0.db", spool, TASKS) == ()
    assert SpoolAggregator(spool).windows(TASK) == (sums_of(drawn_reports(7)),)


def test_sums_from_before_the_spool_are_carried_into_it(tmp_path: Path) -> None:
    week, reports = WEEK + 1, drawn_reports(20)
    later = drawn_reports(5, week=week)
    filled_store(tmp_path / "0.db", [*reports[:12], *later])
    filled_store(tmp_path / "1.db", reports[12:])
    for name in ("0.db", "1.db"):
        close_windows(tmp_path / name, clock=OVER, grace_weeks=13)
    spool = Spool(tmp_path / "spool")
    final = WindowSums(week=WEEK, totals=sums_of(reports).totals, final=True)
    for name in ("0.db", "1.db", "0.db"):
        write_spool(tmp_path / name, spool, TASKS)
    sums = SpoolAggregator(spool)
    assert sums.windows(TASK) == (final, sums_of(later, week=week))
    assert sums.windows(TASK, weeks=(week,)) == (sums_of(later, week=week),)
    # A window whose reports were copied counts by these, not by the store's sums as well.
    after = FakeClock(OVER.now() + WEEK_SECONDS)
    close_windows(tmp_path / "0.db", clock=after, grace_weeks=13)
    write_spool(tmp_path / "0.db", spool, TASKS)
    assert sums.totals(TASK).reports == 25
    close_spool(spool, sums, TASKS, clock=after, grace_weeks=13)
    write_spool(tmp_path / "0.db", spool, TASKS)
    assert sums.totals(TASK).reports == 25
    assert sums.closed_weeks(TASK) == (WEEK, week)


def test_a_server_that_had_closed_adds_to_one_that_had_not(tmp_path: Path) -> None:
    reports = drawn_reports(20)
    filled_store(tmp_path / "0.db", reports[:12])
    close_windows(tmp_path / "0.db", clock=OVER, grace_weeks=13)
    spool = Spool(tmp_path / "spool")
    for name in ("0.db", "1.db"):
        write_spool(
            filled_store(tmp_path / name, reports[12:] if name[0] == "1" else []), spool, TASKS
        )
    assert SpoolAggregator(spool).windows(TASK) == (sums_of(reports),)


def test_files_that_a_server_replaces_meanwhile_are_looked_for_again(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(7))

    class Meanwhile(DuckDbEngine):
        """Another program writes between the look and the reading, twice."""

        times = 0

        def sum_files(
            self, spool: Spool, task: ReportTask, files: Sequence[Path]
        ) -> tuple[WindowSums, ...]:
            self.times += 1
            if self.times < 3:
                write_spool(tmp_path / "0.db", spool, TASKS)
            return super().sum_files(spool, task, files)

    engine = Meanwhile()
    found = SpoolAggregator(spool, engine=engine).windows(TASK)
    assert (found, engine.times) == ((sums_of(drawn_reports(7)),), 3)


def test_a_window_that_is_closed_while_it_is_copied_takes_nothing(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(7))
    sums = WindowSums(week=WEEK, totals=sums_of(drawn_reports(7)).totals, final=True)
    store = tmp_path / "0.db"
    done = write_spool(store, spool, TASKS, advance=lambda _n: spool.close(TASK.name, sums))
    assert done == ()
    assert SpoolAggregator(spool).windows(TASK) == (sums,)
    assert spool.open_files(TASK.name) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"no parquet, this", "No magic bytes"), (b"", "too small"), (None, "id_high")],
)
def test_a_file_that_is_not_a_spools_is_named(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    spool = filled_spool(tmp_path, drawn_reports(3))
    path = spool.open_files(TASK.name)[WEEK][0]
    if content is None:
        with connected(tmp_path) as database:
            database.execute(f"COPY (SELECT 1 AS x) TO '{path}' (FORMAT parquet)")
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        SpoolAggregator(spool).windows(TASK)
    assert "remove other files" in caught.value.hint


def test_damaged_sums_are_named(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(3))
    close_spool(spool, SpoolAggregator(spool), TASKS, clock=OVER, grace_weeks=13)
    path = spool.directory / "closed" / TASK.name / f"{WEEK}.json"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(Damaged, match=rf"{WEEK}\.json"):
        SpoolAggregator(spool).windows(TASK)


def test_names_that_engines_take_for_patterns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of"):
        Spool(tmp_path / "reports[1]")


def test_a_directory_with_a_quote_and_spaces_is_a_spool(tmp_path: Path) -> None:
    directory = tmp_path / "the operator's spool"
    directory.mkdir()
    spool = filled_spool(directory, drawn_reports(3))
    assert SpoolAggregator(spool).windows(TASK) == (sums_of(drawn_reports(3)),)


def test_other_directories_and_pipes_in_a_spool_are_left_alone(tmp_path: Path) -> None:
    spool = filled_spool(tmp_path, drawn_reports(3))
    (spool.open_directory(TASK.name) / "week=later").mkdir()
    (spool.open_directory(TASK.name) / f"week={WEEK + 1}").mkdir()
    (ours,) = spool.open_files(TASK.name)[WEEK]
    os.mkfifo(ours.with_name("other.parquet"))
    assert spool.open_files(TASK.name) == {WEEK: (ours,)}
    assert spool.tasks() == (TASK.name,)
    assert Spool(tmp_path / "none").tasks() == ()


def test_a_spool_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = filled_store(tmp_path / "r.db", drawn_reports(3))
    with pytest.raises(OutputError, match="file") as caught:
        write_spool(store, Spool(tmp_path / "file" / "spool"), TASKS)
    assert "check that the spool can be written" in caught.value.hint


def test_without_duckdb_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(InputError, match="duckdb") as caught, connected(tmp_path):
        pass
    assert "edgeagent[server]" in caught.value.hint


def test_disk_and_memory_that_run_out_are_said(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="No space left"), connected(tmp_path) as database:
        database.execute("COPY (SELECT * FROM range(1000)) TO '/dev/full' (FORMAT csv)")
    with pytest.raises(StorageError, match=os.devnull), connected(tmp_path) as database:
        database.read_parquet(f"{os.devnull}/none")


def test_a_store_of_other_tasks_is_not_copied(tmp_path: Path) -> None:
    store = filled_store(tmp_path / "r.db", drawn_reports(3))
    assert write_spool(store, Spool(tmp_path / "spool"), [make_task(epoch=9)]) == ()
