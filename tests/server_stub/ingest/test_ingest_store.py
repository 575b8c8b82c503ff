from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from edgeagent.errors import Damaged, InputError, NotOurDatabase, StorageError
from edgeagent.messages import Report
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.store import Acceptance, ReportStore, open_for_reading
from tests.server_stub.loopback import WEEK, make_report, make_task

COUNTED, REPEATED, CONFLICTING = Acceptance.COUNTED, Acceptance.REPEATED, Acceptance.CONFLICTING


def test_reports_outlive_the_store(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with closing(ReportStore(path)) as store:
        assert store.add([make_report(1), make_report(2)]) == [COUNTED, COUNTED]
    with closing(ReportStore(path)) as store:
        assert store.add([make_report(2), make_report(3)]) == [REPEATED, COUNTED]
    assert SqliteAggregator(path).report_count() == 3


def test_repeats_and_conflicts_within_one_batch_are_seen(tmp_path: Path) -> None:
    batch = [make_report(1), make_report(1), make_report(1, week=WEEK - 13)]
    with closing(ReportStore(tmp_path / "r.db")) as store:
        assert store.add(batch) == [COUNTED, REPEATED, CONFLICTING]


def test_acknowledged_means_on_disk(tmp_path: Path) -> None:
    with closing(ReportStore(tmp_path / "r.db")) as store:
        settings = [
            store._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        ]
    assert settings == ["wal", 2]


def test_a_failed_batch_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with closing(ReportStore(path)) as store:
        store._connection.execute(
            "CREATE TEMP TRIGGER fault BEFORE INSERT ON main.report WHEN NEW.week = 1 "
            "BEGIN SELECT RAISE(ABORT, 'planted'); END"
        )
        with pytest.raises(StorageError, match="planted"):
            store.add([make_report(1), make_report(2, week=1)])
        assert store.add([make_report(3)]) == [COUNTED]
    assert SqliteAggregator(path).report_count() == 1


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    text, foreign = tmp_path / "notes.txt", tmp_path / "foreign.db"
    text.write_text("dear diary, this is no database at all\n" * 20)
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE report (x)")
    for path in (text, foreign):
        before = path.read_bytes()
        with pytest.raises(NotOurDatabase) as caught:
            ReportStore(path)
        assert caught.value.hint
        with pytest.raises(NotOurDatabase), open_for_reading(path):
            pass
        assert path.read_bytes() == before


def test_a_missing_directory_or_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="unable to open"):
        ReportStore(tmp_path / "nowhere" / "r.db")
    with pytest.raises(InputError, match="no such file"):
        SqliteAggregator(tmp_path / "r.db").report_count()


def test_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with closing(ReportStore(path)) as store:
        store.add([make_report(number) for number in range(100)])
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(Damaged):
        SqliteAggregator(path).totals(make_task())


def test_a_reader_writes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    ReportStore(path).close()
    with open_for_reading(path) as reader, pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM report")
    assert [file.name for file in tmp_path.iterdir()] == ["r.db"]


def test_totals_are_of_one_task_and_where_asked_of_one_week(tmp_path: Path) -> None:
    path, other = tmp_path / "r.db", make_task(epoch=227)
    last = (0, 0, 0, 0, 0, 0, 0, 1, 1)
    with closing(ReportStore(path)) as store:
        store.add([make_report(number) for number in range(2500)])
        store.add([make_report(9000, week=WEEK - 13, counts=last)])
        store.add([make_report(9001, task=other.name, counts=last)])
    sums = SqliteAggregator(path)
    assert sums.report_count() == 2502
    assert sums.weeks(make_task()) == (WEEK - 13, WEEK)
    both = sums.totals(make_task())
    assert (both.reports, both.counts) == (2501, (2500, 2500, 0, 0, 0, 0, 0, 1, 1))
    assert sums.totals(make_task(), weeks=(WEEK - 13,)).counts == last
    assert sums.totals(other).reports == 1
    assert sums.totals(make_task(), weeks=(5,)).counts == (0,) * 9


class WatchedStore(ReportStore):
    """Remembers how large its batches were."""

    def __init__(self, path: Path, *, fails: bool = False) -> None:
        super().__init__(path)
        self.batches: list[int] = []
        self.fails = fails

    def add(self, reports: Sequence[Report]) -> list[Acceptance]:
        self.batches.append(len(reports))
        if self.fails:
            self.fails = False
            message = "planted"
            raise RuntimeError(message)
        return super().add(reports)


def submitted(ingest: Ingest, numbers: range) -> list[asyncio.Future[Acceptance]]:
    futures = [ingest.submit(make_report(number)) for number in numbers]
    return [future for future in futures if future is not None]


def test_those_who_wait_share_one_commit(tmp_path: Path) -> None:
    async def share(store: ReportStore) -> list[Acceptance]:
        ingest = Ingest(store)
        waiting = submitted(ingest, range(600))
        ingest.start()
        await ingest.stop()
        return [future.result() for future in waiting]

    with closing(WatchedStore(tmp_path / "r.db")) as store:
        assert asyncio.run(share(store)) == [COUNTED] * 600
        assert store.batches == [512, 88]


def test_stopping_with_nothing_to_write_writes_nothing(tmp_path: Path) -> None:
    async def stop(store: ReportStore) -> None:
        ingest = Ingest(store)
        ingest.start()
        await ingest.stop()

    with closing(WatchedStore(tmp_path / "r.db")) as store:
        asyncio.run(stop(store))
        assert store.batches == []


def test_what_is_given_up_before_its_turn_is_not_written(tmp_path: Path) -> None:
    async def give_up(store: ReportStore) -> None:
        ingest = Ingest(store)
        (future,) = submitted(ingest, range(1))
        assert future.cancel()
        ingest.start()
        await ingest.stop()

    with closing(WatchedStore(tmp_path / "r.db")) as store:
        asyncio.run(give_up(store))
        assert store.batches == []


def test_what_is_given_up_while_it_is_written_disturbs_nobody(tmp_path: Path) -> None:
    async def give_up(store: ReportStore) -> Acceptance:
        ingest = Ingest(store)
        first, second = submitted(ingest, range(2))
        cancelled: list[bool] = []
        ingest.on_commit = lambda _seconds: cancelled.append(first.cancel())
        ingest.start()
        await ingest.stop()
        assert cancelled == [True]
        return second.result()

    with closing(WatchedStore(tmp_path / "r.db")) as store:
        assert asyncio.run(give_up(store)) is COUNTED


def test_no_more_than_the_capacity_waits(tmp_path: Path) -> None:
    async def fill(store: ReportStore) -> int:
        return len(submitted(Ingest(store, capacity=3), range(5)))

    with closing(ReportStore(tmp_path / "r.db")) as store:
        assert asyncio.run(fill(store)) == 3


def test_the_writer_outlives_a_bug(tmp_path: Path) -> None:
    async def outlive(store: ReportStore) -> list[object]:
        ingest = Ingest(store)
        lost = submitted(ingest, range(1))
        ingest.start()
        found = await asyncio.gather(*lost, return_exceptions=True)
        (kept,) = submitted(ingest, range(1))
        outcome: list[object] = [type(found[0]), await kept]
        await ingest.stop()
        return outcome

    with closing(WatchedStore(tmp_path / "r.db", fails=True)) as store:
        assert asyncio.run(outlive(store)) == [RuntimeError, COUNTED]


def test_a_long_look_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with closing(ReportStore(path)) as store:
        store.add([make_report(1)])
        with open_for_reading(path) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM report").fetchone()
            store.add([make_report(2)])
            with pytest.raises(StorageError, match="is being read"):
                store.forget_order()
            assert store.empty_log() is False
            assert store.add([make_report(3)]) == [COUNTED]
        assert store.empty_log() is True
        (wait,) = store._connection.execute("PRAGMA busy_timeout").fetchone()
        assert wait == 5000
    assert SqliteAggregator(path).report_count() == 3
