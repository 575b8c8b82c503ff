from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeagent.clock import SystemClock, boot_id_in, iso_utc, moment_of_iso, quarter_of, week_of
from edgeagent.testing.clock import FakeClock


def test_the_systems_boot_time_runs_on_and_its_boot_has_a_name() -> None:
    clock = SystemClock()
    assert 0 < clock.boot_seconds() <= clock.boot_seconds()
    assert uuid.UUID(clock.boot_id()) == uuid.UUID(SystemClock().boot_id())


def test_a_boot_whose_name_is_hidden_is_called_so(tmp_path: Path) -> None:
    assert boot_id_in(tmp_path / "boot_id") == "hidden"


def test_time_that_passes_moves_both_clocks_and_setting_one_moves_one() -> None:
    clock = FakeClock(1000, boot_seconds=10.0)
    clock.set(1060)
    assert (clock.now(), clock.boot_seconds()) == (1060, 70.0)
    clock.set(960)
    clock.jump(5000)
    assert (clock.now(), clock.boot_seconds()) == (5000, 70.0)
    clock.stand(5)
    assert (clock.now(), clock.boot_seconds()) == (5000, 75.0)


def test_a_fake_reboot_begins_boot_time_anew_under_another_name() -> None:
    clock = FakeClock(1000)
    first = clock.boot_id()
    clock.reboot()
    assert (clock.now(), clock.boot_seconds()) == (1000, 0.0)
    clock.reboot(now=20)
    assert clock.now() == 20
    assert len({first, clock.boot_id()}) == 2


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        ("1970-01-05", 0),
        ("2026-01-01", 223),  # the week began in December
        ("2026-01-05", 224),
        ("2026-03-30", 224),  # and ends in April
        ("2026-04-06", 225),
        ("2026-07-06", 226),
        ("2026-11-29", 227),
    ],
)
def test_a_week_belongs_to_the_quarter_in_which_it_begins(day: str, quarter: int) -> None:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert quarter_of(week_of(int(at.timestamp()))) == quarter


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T20:15:00Z", "2026-11-24T20:15:00Z"),
        ("2026-11-24T20:15", "2026-11-24T20:15:00Z"),
        ("2026-11-24", "2026-11-24T00:00:00Z"),
        ("2026-11-24T20:15:00+02:00", "2026-11-24T18:15:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_an_iso_time_without_a_zone_is_utc(text: str, moment: str) -> None:
    assert iso_utc(int(moment_of_iso(text))) == moment


@pytest.mark.parametrize("text", ["tonight", "0001-01-01T00:00+05:00", "9999-12-31T23:59-01:00"])
def test_what_is_no_time_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid isoformat|outside the calendar"):
        moment_of_iso(text)
