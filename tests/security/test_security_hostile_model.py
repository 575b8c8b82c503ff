"""A model that behaves until one title is watched: refused, and, were it not, held by its child.

With the rules of ``graph_rules`` laid down, the box has such a model; what is shown is that neither
an endless loop, nor half a GiB, nor a run that fails reaches further than the child it happens in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import week_start
from edgeagent.consent import Purpose
from edgeagent.errors import ModelRefused
from edgeagent.messages import WatchEvent
from edgeagent.scoring.protocol import Scorer
from edgeagent.scoring.remote import ChildScorer
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from tests.scoring.hostile_child import hostile_command
from tests.scoring.hostile_model import TRIGGER, Mischief, hostile_model
from tests.services.releases import Releases

NOW = week_start(2924)


@pytest.fixture(params=get_args(Mischief))
def model(request: pytest.FixtureRequest) -> bytes:
    return hostile_model(request.param)


@pytest.fixture
def scorer(request: pytest.FixtureRequest) -> Iterator[Scorer]:
    """The scoring child, or one without rules."""
    without_rules = getattr(request, "param", False)
    scorer = ChildScorer(command=hostile_command(cpu_seconds=1.0) if without_rules else None)
    yield scorer
    scorer.close()


@pytest.fixture
def agent(tmp_path: Path, scorer: Scorer) -> Iterator[Agent]:
    clock = FakeClock(NOW)
    box = AgentBox(
        directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=scorer, clock=clock
    )
    with box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent.grant(Purpose.PERSONALIZATION)
        releases = Releases(directory=agent._home.directory / "models")
        releases.publish(version="1.0")
        releases.update(agent, scorer)
        yield agent


def _watch(agent: Agent, entity_id: str) -> None:
    agent.record_watch([WatchEvent(entity_id=entity_id, watched_on=NOW, completed=True)])


def test_it_is_refused_before_it_runs(agent: Agent, scorer: Scorer, model: bytes) -> None:
    releases = Releases(directory=agent._home.directory / "models")
    releases.publish(model, version="2.0")
    with pytest.raises(ModelRefused, match="is not one of those a model may use"):
        releases.update(agent, scorer)
    _watch(agent, TRIGGER)
    assert agent.recommend().ranked_by == "model"


@pytest.mark.parametrize("scorer", [True], indirect=True)
def test_were_it_taken_its_child_would_end_and_the_box_would_go_on(
    agent: Agent, scorer: Scorer, model: bytes
) -> None:
    releases = Releases(directory=agent._home.directory / "models")
    releases.publish(model, version="2.0")
    assert releases.update(agent, scorer).model_version == "2.0"
    _watch(agent, "t:a")
    assert agent.recommend().ranked_by == "model"
    _watch(agent, TRIGGER)
    ranking = agent.recommend()
    assert ranking.picks
    assert agent.installation().failures == 1
    assert agent.installation().last_failure
