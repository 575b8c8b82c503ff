"""What a clock that ran ahead has dated in the future does not outlive the time it is kept for."""

from __future__ import annotations

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox

HOUR = 3600
LEAP_SECONDS = 600 * DAY_SECONDS
"""Longer than anything may be kept, and shorter than a consent lasts."""


def watch(agent: Agent, entity_id: str) -> None:
    event = WatchEvent(entity_id=entity_id, watched_on=agent.clock.now())
    agent.record_watch(event, keep_unknown=True)


def dates(agent: Agent) -> list[tuple[str, int]]:
    return [(one.entity_id, one.watched_on) for one in agent._home.history.window("main")]


def keep_house(agent_box: AgentBox, agent: Agent, *, hours: int) -> None:
    for _ in range(hours // 12):
        agent_box.clock.advance(12 * HOUR)
        agent.housekeeping()


def holds(agent: Agent) -> bool:
    (promise,) = [one for one in agent.reports.assess().promises if one.topic == "retention"]
    return promise.holds


def in_a_leap(agent_box: AgentBox, agent: Agent) -> int:
    """Watch while the clock is ahead, and return the time at which it is put right."""
    agent.grant(Purpose.HISTORY)
    right = agent_box.clock.now()
    agent_box.clock.jump(right + LEAP_SECONDS)
    for title in ("t:01", "t:01", "t:02"):
        watch(agent, title)
        agent_box.clock.advance(60)
    agent_box.clock.jump(right)
    agent.housekeeping()
    return right


def test_it_is_dated_when_it_was_seen_to_be_ahead_and_ages_from_there(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        right = in_a_leap(agent_box, agent)
        assert not holds(agent)
        keep_house(agent_box, agent, hours=36)
        assert dates(agent)[0] == ("t:01", right + LEAP_SECONDS)
        keep_house(agent_box, agent, hours=12)
        assert dates(agent) == [("t:01", right - 2), ("t:01", right - 1), ("t:02", right)]
        assert holds(agent)
        days = agent.retention.kept().days
        keep_house(agent_box, agent, hours=24 * (days + 5))
        assert dates(agent) == []
        assert agent._home.history.oldest("main") is None


def test_so_it_is_where_a_server_says_the_time(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent_box.update(agent)
        right = in_a_leap(agent_box, agent)
        keep_house(agent_box, agent, hours=60)
        assert dates(agent)[-1] == ("t:02", right)


def test_a_clock_that_was_set_back_by_mistake_moves_nothing_at_once(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:01")
        right = agent_box.clock.now()
        expected = dates(agent)
        for _ in range(3):  # a day each time, and right in between
            agent_box.clock.jump(right - 30 * DAY_SECONDS)
            keep_house(agent_box, agent, hours=24)
            agent_box.clock.jump(right)
            agent.housekeeping()
        # What was seen under a later clock says nothing of one that is earlier still.
        agent_box.clock.jump(right - 30 * DAY_SECONDS)
        agent.housekeeping()
        agent_box.clock.stand(50 * HOUR)
        agent_box.clock.jump(right - 40 * DAY_SECONDS)
        agent.housekeeping()
        agent_box.clock.jump(right)
        assert dates(agent) == expected


def test_a_clock_that_is_surely_wrong_moves_nothing(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:01")
        expected, right = dates(agent), agent_box.clock.now()
        agent_box.clock.jump(20)
        keep_house(agent_box, agent, hours=96)
        agent_box.clock.jump(right + DAY_SECONDS)
        agent.housekeeping()
        assert dates(agent) == expected


def test_nothing_is_noted_where_nothing_is_ahead(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:01")
        keep_house(agent_box, agent, hours=48)
        assert agent._home.ledger.state("ahead") is None
