"""A clock set to 1970 and to 2100, and back: nothing lost, nothing reported on a wrong week."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from tests.security.plain_box import held_by

IN_1970 = 3600
IN_2100 = 4_102_444_800


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    """A box that has just ended a reporting week, updated, and not closed it."""
    made = AgentBox(
        directory=tmp_path / "home",
        runtime_directory=tmp_path / "run",
        config=Config(server_url="https://scripted.example", retention_days=365),
    )
    with made.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            agent.grant(purpose)
        made.clock.set(made.end_of_reporting_week(agent))
        agent.record_watch(
            WatchEvent(entity_id=TITLE_IDS[0], watched_on=made.clock.now() - 2 * DAY_SECONDS)
        )
        made.update(agent)
    return made


def _cannot_report(agent: Agent) -> bool:
    return agent.close_week().outcome == "silent" and agent.send_reports() == ()


@pytest.mark.parametrize("wrong", [IN_1970, IN_2100])
def test_nothing_is_drawn_sent_or_marked_missed_under_a_wrong_clock(
    box: AgentBox, wrong: int
) -> None:
    right = box.clock.now()
    box.clock.jump(wrong)
    with box.open() as agent:
        assert _cannot_report(agent)
        assert agent._home.ledger.closed_weeks() == frozenset()
    box.clock.set(right)
    with box.open() as agent:
        assert agent.close_week().outcome == "drawn"


@pytest.mark.parametrize("wrong", [IN_1970, IN_2100])
def test_a_wrong_clock_deletes_nothing(box: AgentBox, wrong: int) -> None:
    right = box.clock.now()
    with box.open() as agent:
        before = held_by(agent)
    box.clock.jump(wrong)
    with box.open() as agent:
        for _ in range(10):
            agent.housekeeping()
            box.clock.stand(12 * 3600)  # nobody notices for days
    box.clock.jump(right)
    with box.open() as agent:
        assert held_by(agent) == before


def test_in_1970_it_is_as_late_as_it_was_when_the_server_last_vouched(box: AgentBox) -> None:
    seen = box.clock.now()
    box.clock.jump(IN_1970)
    with box.open() as agent:
        assert agent.grant(Purpose.PROMOTION).at == seen
        assert agent.gate.holds(Purpose.HISTORY, profile="main")
        agent.record_watch(WatchEvent(entity_id=TITLE_IDS[1], watched_on=seen))


def test_one_jump_to_2100_is_not_permanent(box: AgentBox) -> None:
    right = box.clock.now()
    box.clock.jump(IN_2100)
    with box.open() as agent:
        box.update(agent, vouched_until=right + 30 * DAY_SECONDS)  # the server knows better
        assert _cannot_report(agent)
    box.clock.set(right + WEEK_SECONDS)
    with box.open() as agent:
        box.update(agent)
        assert agent.grant(Purpose.PROMOTION).at == right + WEEK_SECONDS
        assert agent.close_week().outcome == "drawn"


def test_a_new_box_with_the_clock_in_2100_reports_13_weeks_after_it_is_right(
    tmp_path: Path,
) -> None:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    right = box.clock.now()
    box.clock.jump(IN_2100)
    with box.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.REPORTING):
            agent.grant(purpose)
    box.clock.set(right)
    with box.open() as agent:
        outcomes = []
        for week in range(28):
            box.clock.set(right + week * WEEK_SECONDS)
            box.update(agent)
            outcomes.append(agent.close_week().outcome)
    assert set(outcomes[:15]) == {"silent"}
    assert outcomes.count("drawn") == 1
