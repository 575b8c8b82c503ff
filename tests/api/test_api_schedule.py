"""When work on the history may be done, and how the box notices that it slept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeagent.api.process.host_conditions import HostConditions
from edgeagent.api.schedule import Chore, Conditions, Schedule, in_windows
from edgeagent.clock import DAY_SECONDS
from edgeagent.config import ServiceConfig
from edgeagent.testing.clock import FakeClock
from tests.api.running import quiet

HOUR = 3600


def conditions(clock: FakeClock, **changes: object) -> Conditions:
    return quiet(clock, **changes)()


ALWAYS = ServiceConfig()
SELDOM = ServiceConfig(
    work_windows=("23:00-05:00",), standby_file="/run/standby", update_hours=48, max_celsius=60
)


HEAVY = {"tidy", "try a model"}


@pytest.mark.parametrize(
    ("config", "changes", "expected"),
    [
        (ALWAYS, {}, HEAVY),
        (ALWAYS, {"standby": False}, HEAVY),
        (ALWAYS, {"metered": True}, HEAVY),
        (ALWAYS, {"load_fraction": 0.9}, {"tidy"}),
        (ALWAYS, {"celsius": 90.0}, {"tidy"}),
        (ALWAYS, {"awake_seconds": 60.0}, {"tidy"}),
        (SELDOM, {}, HEAVY),
        (SELDOM, {"minute_of_day": 12 * 60}, {"tidy"}),
        (SELDOM, {"standby": False}, {"tidy"}),
        (SELDOM, {"celsius": 70.0}, {"tidy"}),
    ],
)
def test_heavy_work_waits_for_its_moment(
    config: ServiceConfig, changes: dict[str, Any], expected: set[str]
) -> None:
    at = conditions(FakeClock(1_790_000_000), **changes)
    assert set(Schedule(config).due(at, model_waits=True)) == expected
    assert Chore.ACTIVATE not in Schedule(config).due(at, model_waits=False)


@pytest.mark.parametrize("jump", [-400 * DAY_SECONDS, -1, 400 * DAY_SECONDS])
def test_a_clock_that_jumps_makes_things_due_and_puts_nothing_off(jump: int) -> None:
    clock = FakeClock(1_790_000_000)
    schedule = Schedule(ServiceConfig())
    for chore in Chore:
        schedule.done(chore, clock.now(), well=True)
    assert schedule.due(conditions(clock), model_waits=False) == ()
    clock.advance(jump)
    assert set(schedule.due(conditions(clock), model_waits=True)) == set(Chore)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [("02:00-05:00", 2 * 60, 5 * 60), ("23:30-00:30", 10, 12 * 60), ("00:00-23:59", 0, 1439)],
)
def test_windows_may_span_midnight(window: str, inside: int, outside: int) -> None:
    assert in_windows(inside, (window,))
    assert not in_windows(outside, (window,))
    assert in_windows(outside, ())


def test_sleep_is_noticed_and_a_minute_of_grace_begins_anew(tmp_path: Path) -> None:
    running, slept = [1000.0], [0.0]
    sensor = tmp_path / "thermal_zone0" / "temp"
    sensor.parent.mkdir()
    sensor.write_text("61500\n")
    (tmp_path / "thermal_zone1").mkdir()
    (tmp_path / "thermal_zone1" / "temp").write_text("no number")
    metered = tmp_path / "metered"
    around = HostConditions(
        ServiceConfig(metered_file=str(metered)),
        clock=FakeClock(1_790_000_000),
        running_seconds=lambda: running[0],
        switched_on_seconds=lambda: running[0] + slept[0],
        thermal=tmp_path,
    )
    running[0] += 500
    assert around.look().awake_seconds == 500
    assert around.look().celsius == 61.5
    assert (around.look().metered, around.look().standby) == (False, False)
    metered.touch()
    slept[0] += 8 * HOUR
    running[0] += 10
    assert around.look().awake_seconds == 0
    running[0] += 30
    assert around.look().awake_seconds == 30
    assert around.look().metered is True
