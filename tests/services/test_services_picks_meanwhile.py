"""What is deleted, hidden or withdrawn while a model ranks is in no picks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired
from edgeagent.messages import RankRequest, WatchEvent
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.scorer import TableScorer
from tests.services.releases import Releases


@pytest.fixture
def agent(agent_box: AgentBox) -> Iterator[Agent]:
    with agent_box.open() as agent:
        for purpose in (Purpose.PERSONALIZATION, Purpose.HISTORY):
            agent.grant(purpose)
        releases = Releases(directory=agent_box.directory / "models")
        releases.publish(version="1.0")
        releases.update(agent, agent_box.scorer)
        yield agent


def _meanwhile(box: AgentBox, act: Callable[[], object]) -> TableScorer:
    """Let something happen while the model ranks, the first time."""
    scorer = box.scorer
    assert isinstance(scorer, TableScorer)

    def acting() -> None:
        scorer.before = lambda: None
        act()

    scorer.before = acting
    return scorer


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("act", ["forget", "delete what is on record", "hide"])
def test_what_goes_while_a_model_ranks_is_in_no_picks(
    agent_box: AgentBox, agent: Agent, act: str, private: bool
) -> None:
    now = agent_box.clock.now()
    agent.record_watch(
        [WatchEvent(entity_id=f"t:{n}", watched_on=now - 60 * n) for n in (1, 2)],
        keep_unknown=True,
    )
    agent_box.clock.advance(60)
    if private:
        agent.private.start(60)

    def forget() -> object:
        return agent.title_marks.forget("t:1", profile="main")

    def delete() -> object:
        return agent._home.history.forget("main", "t:1")

    acts: dict[str, Callable[[], object]] = {
        "forget": forget,
        "delete what is on record": delete,
        "hide": partial(agent._home.history.set_mark, "main", "t:1", "hidden", at=now),
    }
    scorer = _meanwhile(agent_box, acts[act])
    agent.recommend()
    first, second = (one for one in scorer.requests if isinstance(one, RankRequest))
    assert {viewing.entity_id for viewing in first.history} == {"t:1", "t:2"}
    left = {viewing.entity_id for viewing in second.history} - set(second.hidden)
    assert left == {"t:2"}
    assert (agent.last_picks() is None) == private


def test_a_withdrawal_while_a_model_ranks_leaves_no_picks(
    agent_box: AgentBox, agent: Agent
) -> None:
    _meanwhile(agent_box, lambda: agent.withdraw(Purpose.PERSONALIZATION))
    with pytest.raises(ConsentRequired, match="withdrawn"):
        agent.recommend()
    assert agent._home.history.last_picks("main") is None
