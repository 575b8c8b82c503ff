from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, iso_utc, moment_of_iso, week_start
from edgeagent.messages import encode_report
from edgeagent.testing.clock import FakeClock
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.cli import main
from server_stub.ingest.admission import Admission, Refusal
from server_stub.ingest.closing_clock import ClosingClock
from server_stub.ingest.store import ReportStore, seen_day
from server_stub.ingest.windows import close_windows
from tests.server_stub.loopback import WEEK, make_report, make_task

NOW = week_start(WEEK + 1) + 300_000
TODAY = NOW // DAY_SECONDS
IN_1970 = 12 * DAY_SECONDS
IN_2100 = int(moment_of_iso("2100-01-01"))


@pytest.mark.parametrize("seconds", [1, 3600, DAY_SECONDS, 400 * DAY_SECONDS])
def test_time_that_passes_is_followed(seconds: int) -> None:
    clock = FakeClock(NOW)
    over = ClosingClock(clock, seen_day=TODAY)
    clock.advance(seconds)
    assert (over.now(), over.leap_seconds()) == (NOW + seconds, 0)


def test_a_clock_that_leaps_ahead_is_not_followed_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock(NOW)
    over = ClosingClock(clock, seen_day=TODAY)
    clock.jump(IN_2100)
    clock.stand(3600)
    with caplog.at_level(logging.WARNING):
        assert over.now() == over.now() == NOW + 3600
    assert over.leap_seconds() == IN_2100 - NOW - 3600
    (said,) = [record.getMessage() for record in caplog.records]
    assert "to 2100-01-01" in said
    assert f"no window closes after {iso_utc(NOW)[:10]}" in said


def test_nor_at_a_start() -> None:
    over = ClosingClock(FakeClock(IN_2100), seen_day=TODAY)
    assert over.now() == TODAY * DAY_SECONDS


def test_a_leap_is_believed_after_a_week() -> None:
    clock = FakeClock(IN_2100)
    over = ClosingClock(clock, seen_day=TODAY)
    assert over.now() < IN_2100
    clock.advance(WEEK_SECONDS - 1)
    assert over.now() == TODAY * DAY_SECONDS + WEEK_SECONDS - 1
    clock.advance(1)
    assert over.now() == IN_2100 + WEEK_SECONDS
    clock.advance(3 * WEEK_SECONDS)
    assert over.leap_seconds() == 0


def test_a_leap_that_was_mended_begins_from_nothing() -> None:
    clock = FakeClock(NOW)
    over = ClosingClock(clock, seen_day=TODAY)
    for _ in range(3):
        clock.jump(IN_2100)
        clock.stand(WEEK_SECONDS - 1)
        assert over.leap_seconds() > 0
        clock.jump(NOW)
        assert over.now() == NOW


def test_a_machine_that_starts_in_1970_and_is_put_right_did_not_leap() -> None:
    clock = FakeClock(IN_1970)
    over = ClosingClock(clock, seen_day=TODAY)
    assert over.now() == IN_1970
    clock.jump(NOW)
    assert (over.now(), over.leap_seconds()) == (NOW, 0)


def test_without_a_day_seen_the_clock_is_believed() -> None:
    assert ClosingClock(FakeClock(IN_2100), seen_day=None).now() == IN_2100


def test_it_tells_the_boot() -> None:
    clock = FakeClock(NOW, boot_seconds=5.0)
    over = ClosingClock(clock, seen_day=None)
    assert (over.boot_seconds(), over.boot_id()) == (5.0, clock.boot_id())


@pytest.mark.parametrize("set_to", [IN_1970, IN_2100], ids=["1970", "2100"])
def test_a_clock_set_wrong_deletes_no_report_and_refuses_none_for_good(
    tmp_path: Path, set_to: int
) -> None:
    path, clock = tmp_path / "r.db", FakeClock(NOW)
    with closing(ReportStore(path)) as store:
        store.add([make_report(1)])
        close_windows(path, clock=clock, grace_weeks=13)
        clock.reboot(now=set_to)
        over = ClosingClock(clock, seen_day=seen_day(path))
        assert close_windows(path, clock=over, grace_weeks=13) == ()
        assert SqliteAggregator(path).report_count() == 1
        answer = Admission([make_task()], clock=clock, closing=over).judge(
            encode_report(make_report(2))
        )
        assert not isinstance(answer, Refusal) or answer.status == 425
        assert seen_day(path) == TODAY


def test_closing_by_hand_does_not_believe_a_leap_either(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with closing(ReportStore(path)) as store:
        store.add([make_report(1, week=2)])  # of January 1970, where the store was left, too
    close_windows(path, clock=FakeClock(IN_1970), grace_weeks=0)
    command = ["close", "--store", str(path), "--grace-weeks", "0"]
    assert CliRunner().invoke(main, command).output.endswith("no window is over\n")
    stated = CliRunner().invoke(main, [*command, "--at", "1970-02-01T00:00:00Z"])
    assert "closed week 2" in stated.output


def test_a_store_of_the_version_before_learns_the_day(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    ReportStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("DROP TABLE seen_day; PRAGMA user_version = 2")
    assert seen_day(path) is None
    close_windows(path, clock=FakeClock(NOW), grace_weeks=13)
    assert seen_day(path) == TODAY
