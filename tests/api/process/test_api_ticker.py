"""Ticks come at the moments of a timetable, whatever they take, and whether the box sleeps."""

from __future__ import annotations

import asyncio

import pytest

from edgeagent.api.process.ticker import Ticker
from edgeagent.api.process.timetable import GRID_SECONDS, LEAD_SECONDS, Timetable
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource


class EnoughError(Exception):
    """Three turns are seen."""


def seen(*, takes_seconds: float = 0.0, asleep_seconds: float = 0.0) -> list[tuple[int, float]]:
    """Return the moments of three turns, and when each began."""
    clock = FakeClock(0)
    turns: list[tuple[int, float]] = []

    async def sleep(seconds: float) -> None:
        assert seconds <= 60
        clock.stand(seconds)

    async def turn(moment: int) -> None:
        turns.append((moment, clock.boot_seconds()))
        if len(turns) == 3:
            raise EnoughError
        clock.stand(takes_seconds + asleep_seconds)

    timetable = Timetable(SeededRandomSource("turns"))
    with pytest.raises(EnoughError):
        asyncio.run(Ticker(clock, sleep=sleep).each(timetable, turn, lead_seconds=LEAD_SECONDS))
    return turns


@pytest.mark.parametrize("takes_seconds", [0.0, 1.0, 17.0, GRID_SECONDS - LEAD_SECONDS - 1.0])
def test_what_a_turn_takes_shifts_no_later_one(takes_seconds: float) -> None:
    moments = [moment for moment, _ in seen(takes_seconds=takes_seconds)]
    assert moments == [moments[0] + number * GRID_SECONDS for number in range(3)]
    assert moments == [moment for moment, _ in seen()]


def test_each_turn_begins_in_time_to_be_prepared() -> None:
    for moment, began in seen():
        assert began == pytest.approx(moment - LEAD_SECONDS)


def test_after_a_sleep_the_grid_is_the_same() -> None:
    moments = [moment for moment, _ in seen(asleep_seconds=10 * GRID_SECONDS + 5)]
    assert {(moment - moments[0]) % GRID_SECONDS for moment in moments} == {0}
    assert moments[1] - moments[0] == 11 * GRID_SECONDS
