from __future__ import annotations

import pytest

from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.timekeeping.on_time import ON_SECONDS_BETWEEN_DRAWS, OnTime
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.box import Box as PlainBox

HOUR = 3600


@pytest.fixture
def kept(agent_box: AgentBox) -> OnTime:
    agent = agent_box.open()
    return OnTime(agent._home.ledger, clock=DeviceClock(agent_box.clock))


def test_it_is_summed_over_boots_whatever_the_clock_says(agent_box: AgentBox, kept: OnTime) -> None:
    assert kept.seconds() == 0
    agent_box.clock.stand(10 * HOUR)
    agent_box.clock.jump(0)
    assert kept.seconds() == 10 * HOUR
    kept.note()
    agent_box.clock.reboot(now=4_102_444_800)
    assert kept.seconds() == 10 * HOUR
    agent_box.clock.stand(2 * HOUR)
    assert kept.seconds() == 12 * HOUR
    kept.note()
    agent_box.clock.reboot()
    agent_box.clock.stand(HOUR)
    assert kept.seconds() == 13 * HOUR


def test_what_was_not_noted_before_the_power_went_is_missing(
    agent_box: AgentBox, kept: OnTime
) -> None:
    agent_box.clock.stand(10 * HOUR)
    agent_box.clock.reboot()
    assert kept.seconds() == 0


def test_it_is_written_every_six_hours_and_an_hour_after_a_start(
    agent_box: AgentBox, kept: OnTime
) -> None:
    with agent_box.open() as agent:

        def writes(minutes: int, *, stopping: bool = False) -> bool:
            agent_box.clock.stand(60 * minutes)
            before = agent._home.ledger.state("on_time")
            kept.note(stopping=stopping)
            return agent._home.ledger.state("on_time") != before

        assert [writes(60) for _ in range(12)] == [False] * 5 + [True] + [False] * 5 + [True]
        agent_box.clock.reboot()
        assert [writes(30) for _ in range(4)] == [False, True, False, False]
        kept.note(stopping=True)
        assert not writes(9, stopping=True)
        assert writes(1, stopping=True)


def test_after_a_draw_it_begins_anew_once_that_is_noted(agent_box: AgentBox, kept: OnTime) -> None:
    agent_box.clock.stand(200 * HOUR)
    assert kept.seconds_since_draw() == 200 * HOUR
    with agent_box.open() as agent:
        ledger = agent._home.ledger
        PlainBox(agent_box.directory).book(ledger, ledger.genesis.first_reportable_week)
        agent_box.clock.stand(HOUR)
        assert kept.seconds_since_draw() == 0  # when it was drawn is not known yet: now, at worst
        kept.note()
        agent_box.clock.stand(HOUR)
        assert kept.seconds_since_draw() == HOUR
        assert kept.seconds() == 202 * HOUR


def test_a_quarter_is_91_hours() -> None:
    assert ON_SECONDS_BETWEEN_DRAWS == 91 * HOUR
