"""A window whose grace is over: its sums stay, its reports go, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeagent.clock import WEEK_SECONDS, iso_utc, week_start
from edgeagent.errors import StorageError
from edgeagent.messages import Report
from edgeagent.testing.clock import FakeClock
from server_stub.aggregation.spool import Spool
from server_stub.aggregation.spool_aggregator import SpoolAggregator
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.cli import main
from server_stub.ingest import windows
from server_stub.ingest.chores import keep_closing_windows
from server_stub.ingest.store import Acceptance, ReportStore
from server_stub.ingest.windows import ClosedWindow, close_windows
from tests.server_stub.loopback import WEEK, make_report, make_repository, make_task, running_stub

TASK = make_task()
OVER = week_start(WEEK + 1) + 13 * WEEK_SECONDS + 1
"""When the grace of ``WEEK`` is over, and that of the next week is not."""


class Killed(Exception):
    """The power went."""


def drawn(number: int, week: int = WEEK) -> Report:
    ones = set(random.Random(number).sample(range(9), 2))  # noqa: S311  (test data)
    counts = tuple(int(category in ones) for category in range(9))
    report_id = hashlib.sha256(b"%d" % number).hexdigest()[:32]
    return make_report(number, report_id=report_id, week=week, counts=counts)


def filled(path: Path, reports: list[Report]) -> Path:
    with closing(ReportStore(path)) as store:
        store.add(reports)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return filled(tmp_path / "r.db", [drawn(number, WEEK + number % 2) for number in range(1, 61)])


def close(
    store: Path, *, at: int = OVER, step: Callable[[str], None] = lambda _name: None
) -> tuple[ClosedWindow, ...]:
    return close_windows(store, clock=FakeClock(at), grace_weeks=13, step=step)


def bytes_of(store: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(store.parent.glob(f"{store.name}*")))


def test_sums_stay_and_reports_go(store: Path) -> None:
    before = SqliteAggregator(store).totals(TASK)
    assert close(store, at=OVER - 1) == ()
    assert close(store) == (ClosedWindow(task=TASK.name, week=WEEK, reports=30),)
    after = SqliteAggregator(store)
    assert after.totals(TASK) == before
    assert after.totals(TASK, weeks=[WEEK]).reports == 30
    assert (after.report_count(), after.weeks(TASK)) == (60, (WEEK, WEEK + 1))
    assert after.closed_weeks(TASK) == (WEEK,)
    with closing(sqlite3.connect(store)) as reader:
        assert reader.execute("SELECT DISTINCT week FROM report").fetchall() == [(WEEK + 1,)]
    assert close(store) == ()


def test_no_id_of_a_closed_window_is_left_in_any_file(store: Path) -> None:
    ids = [bytes.fromhex(drawn(number).report_id) for number in range(1, 61)]
    assert all(some in bytes_of(store) for some in ids)
    close(store, at=OVER + WEEK_SECONDS)
    assert not [some for some in ids if some in bytes_of(store)]


@pytest.mark.parametrize("fatal", range(12))
def test_a_kill_at_any_step_loses_and_doubles_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch, fatal: int
) -> None:
    monkeypatch.setattr(windows, "_BATCH", 10)
    before = SqliteAggregator(store).totals(TASK)
    steps = iter(range(12))

    def die(_name: str) -> None:
        if next(steps, None) == fatal:
            raise Killed

    with suppress(Killed):
        close(store, at=OVER + WEEK_SECONDS, step=die)
    assert SqliteAggregator(store).totals(TASK) == before
    assert SqliteAggregator(store).report_count() == 60
    with closing(ReportStore(store)) as opened:
        late = opened.add([drawn(99)])
    assert late == [Acceptance.COUNTED if fatal == 0 else Acceptance.CLOSED]
    close(store, at=OVER + WEEK_SECONDS)
    expected = 60 + (fatal == 0)
    assert SqliteAggregator(store).report_count() == expected
    with closing(sqlite3.connect(store)) as reader:
        assert reader.execute("SELECT count(*) FROM report").fetchone() == (0,)


def test_between_deletions_the_store_is_left_to_others(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_BATCH", 10)
    rests: list[float] = []
    close_windows(store, clock=FakeClock(OVER), grace_weeks=13, rest=rests.append)
    assert len(rests) == 6
    assert min(rests) > 0


def test_a_report_that_was_admitted_in_the_last_second_is_not_counted_twice(
    tmp_path: Path,
) -> None:
    with running_stub(tmp_path) as stub:
        assert stub.post(drawn(1)).status == 204
        close_windows(stub.store, clock=FakeClock(OVER), grace_weeks=13)
        assert bytes.fromhex(drawn(1).report_id) not in bytes_of(stub.store)
        assert stub.post(drawn(2)).status == 410  # by its own clock, the server still takes it
        assert stub.post(drawn(1)).status == 410
        assert SqliteAggregator(stub.store).totals(TASK).reports == 1


def test_reports_come_in_while_windows_close(tmp_path: Path) -> None:
    with running_stub(tmp_path) as stub:
        for number in range(1, 21):
            stub.post(drawn(number, WEEK - 12))

        def post(_name: str) -> None:
            posted.append(stub.post(drawn(100 + len(posted))).status)

        posted: list[int] = []
        at = week_start(WEEK + 1) + 300_000
        closed = close_windows(stub.store, clock=FakeClock(at), grace_weeks=11, step=post)
        assert [window.reports for window in closed] == [20]
        assert posted == [204] * 4
        assert SqliteAggregator(stub.store).report_count() == 24


def test_a_store_of_the_version_before_is_read_and_closed(store: Path) -> None:
    with closing(sqlite3.connect(store)) as old:
        old.executescript("DROP TABLE closed_window; DROP TABLE seen_day; PRAGMA user_version = 1;")
    assert SqliteAggregator(store).totals(TASK).reports == 60
    assert SqliteAggregator(store).closed_weeks(TASK) == ()
    assert [window.reports for window in close(store)] == [30]
    assert SqliteAggregator(store).totals(TASK).reports == 60


def test_a_store_of_a_later_version_is_left_alone(store: Path) -> None:
    with closing(sqlite3.connect(store)) as later:
        later.execute("PRAGMA user_version = 4")
    with pytest.raises(StorageError, match="newer version") as caught:
        close(store)
    assert "update this program" in caught.value.hint


def test_the_command_says_what_was_closed(store: Path) -> None:
    options = ["close", "--store", str(store), "--at", iso_utc(OVER)]
    result = CliRunner().invoke(main, options)
    assert result.output == f"closed week {WEEK} of {TASK.name}: 30 reports\n"
    assert CliRunner().invoke(main, options).output == "no window is over\n"
    assert json.loads(CliRunner().invoke(main, [*options, "--json"]).output) == {"closed": []}
    missing = CliRunner().invoke(main, ["close", "--store", str(store.parent / "none.db")])
    assert (missing.exit_code, "no such file" in missing.stderr) == (3, True)


def until_it_pauses(store: Path, *options: str) -> None:
    """Do the chore of a server whose clock says that the grace is over, until it waits."""

    async def live() -> None:
        reached = asyncio.Event()

        async def pause(seconds: float) -> None:
            assert seconds == 3600
            reached.set()
            await asyncio.Event().wait()

        chore = asyncio.create_task(
            keep_closing_windows(
                store, clock=FakeClock(OVER), grace_weeks=13, options=options, pause=pause
            )
        )
        await reached.wait()
        chore.cancel()
        with suppress(asyncio.CancelledError):
            await chore

    asyncio.run(live())


def test_a_running_server_closes_windows(store: Path) -> None:
    until_it_pauses(store)
    assert SqliteAggregator(store).closed_weeks(TASK) == (WEEK,)


def test_a_running_server_copies_reports_into_a_spool_before_sums_replace_them(
    store: Path, tmp_path: Path
) -> None:
    before = SqliteAggregator(store).totals(TASK)
    repository = make_repository(tmp_path / "repository")
    spool = tmp_path / "spool"
    until_it_pauses(store, "--spool", str(spool), "--repository", str(repository))
    assert SqliteAggregator(store).closed_weeks(TASK) == (WEEK,)
    copied = SpoolAggregator(Spool(spool))
    assert (copied.totals(TASK), copied.closed_weeks(TASK)) == (before, ())


def test_what_cannot_be_closed_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    until_it_pauses(tmp_path / "none.db")
    assert caplog.messages == ["windows could not be closed: exit code 3"]


def test_the_order_of_arrival_is_forgotten(tmp_path: Path) -> None:
    with running_stub(tmp_path, forget_seconds=0.0) as stub:
        log = stub.store.with_name("reports.db-wal")
        for number in range(1, 6):
            assert stub.post(drawn(number)).status == 204
        while log.stat().st_size:  # emptied by the writer, after it has answered
            stub.post(drawn(5))
