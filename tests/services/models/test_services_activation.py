"""What was fetched is tried later: whatever becomes of it, the next fetch asks for the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edgeagent.agent import Agent, Environment
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import ModelError, ModelRefused, NoModel
from edgeagent.messages import ModelClaims, ModelFiles, TargetReference
from edgeagent.network.pace import AtOnce, Grid
from edgeagent.services.models.quality_gate import QualityGate
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.scorer import TableScorer
from tests.scoring.toy_model import toy_model
from tests.services.releases import Releases


@dataclass
class Asked(Releases):
    """Notes what a fetch asks for."""

    log: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes:
        self.log.append(path)
        return super().read(path)

    def ensure(self, reference: TargetReference) -> Path:
        self.log.append(reference.path)
        return super().ensure(reference)

    def asked(self, agent: Agent) -> list[str]:
        self.log.clear()
        self.fetch(agent)
        return list(self.log)


class Judge(TableScorer):
    """A scorer whose checks fail with a given error."""

    error: ModelError | None = None

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        if self.error is not None:
            raise self.error
        super().verify(files, golden_path, claims=claims)


class Objecting(QualityGate):
    """Finds every new model worse."""

    def objection(self, *, present: ModelFiles, new: ModelFiles) -> str | None:
        del present, new
        return "worse"


@pytest.fixture
def scorer() -> Judge:
    return Judge()


@pytest.fixture
def agent(tmp_path: Path, scorer: Judge) -> Iterator[Agent]:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=scorer)
    with box.open() as agent:
        yield agent


@pytest.fixture
def releases(agent: Agent, scorer: Judge) -> Asked:
    releases = Asked(directory=agent._home.directory / "models")
    releases.publish(version="1.0")
    releases.update(agent, scorer)
    releases.publish(toy_model(factor=2.0), version="2.0")
    return releases


def objecting(agent: Agent) -> QualityGate:
    return Objecting(agent._home, gate=agent.gate, scorer=agent.scorer)


def test_fetching_runs_no_model_and_opens_no_history(
    agent: Agent, releases: Asked, scorer: Judge
) -> None:
    ran = len(scorer.verified)
    environment = Environment(
        clock=FakeClock(agent.clock.now()),
        make_scorer=lambda: scorer,
        network_only=True,
    )
    with Agent.open(agent._home.directory, config=Config(), environment=environment) as fresh:
        releases.fetch(fresh)
        assert fresh.models.waits()
        assert fresh._home._history is None
        assert len(scorer.verified) == ran
        installation = fresh.installation()
        assert installation.current is not None
        assert installation.current.model_version == "1.0"
        assert installation.task is not None
        assert installation.task.segmenter.model.path == "models/2.0.onnx"


def test_whatever_becomes_of_a_model_the_next_fetch_asks_for_the_same(
    agent: Agent, releases: Asked, scorer: Judge
) -> None:
    first = releases.asked(agent)
    assert releases.activate(agent, scorer, gate=objecting).refused == "worse"
    refused = releases.asked(agent)
    scorer.error = ModelRefused("it computes something else", hint="a test")
    with pytest.raises(ModelRefused):
        releases.activate(agent, scorer)
    failed = releases.asked(agent)
    scorer.error = None
    assert releases.activate(agent, scorer).model_version == "2.0"
    activated = releases.asked(agent)
    agent.rollback_model()
    rolled_back = releases.asked(agent)
    assert first == refused == failed == activated == rolled_back


def test_what_was_rolled_back_stays_away_until_another_is_published(
    agent: Agent, releases: Asked, scorer: Judge
) -> None:
    releases.update(agent, scorer)
    agent.rollback_model()
    again = releases.update(agent, scorer)
    assert (again.model_version, again.published_version) == ("1.0", "2.0")
    assert again.refused == "rolled back"
    releases.publish(toy_model(factor=3.0), version="3.0")
    assert releases.update(agent, scorer).model_version == "3.0"


def test_a_model_that_could_not_be_tried_waits_and_one_that_failed_does_not(
    agent: Agent, releases: Asked, scorer: Judge
) -> None:
    releases.fetch(agent)
    scorer.error = ModelError("no memory", hint="a test")
    with pytest.raises(ModelError):
        releases.activate(agent, scorer)
    assert agent.models.waits()
    scorer.error = ModelRefused("wrong", hint="a test")
    with pytest.raises(ModelRefused):
        releases.activate(agent, scorer)
    assert not agent.models.waits()


def test_nothing_waits_where_the_published_model_is_in_use(
    agent: Agent, releases: Asked, scorer: Judge
) -> None:
    releases.update(agent, scorer)
    releases.fetch(agent)
    assert not agent.models.waits()
    activated = releases.activate(agent, scorer)
    assert (activated.model_changed, activated.refused) == (False, None)


def test_without_any_model_there_is_nothing_to_activate(tmp_path: Path) -> None:
    box = AgentBox(directory=tmp_path / "new", runtime_directory=tmp_path / "run")
    with box.open() as agent, pytest.raises(NoModel):
        agent.models.activate()


def test_a_job_of_the_service_leaves_the_history_closed(tmp_path: Path) -> None:
    """A withdrawal on record makes every other start look whether anything is left to purge."""
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent.withdraw(Purpose.HISTORY)
    with box.open() as agent:
        assert agent._home._history is not None
    environment = Environment(clock=box.clock, random=box.random, network_only=True, simulated=True)
    with Agent.open(box.directory, config=box.config, environment=environment) as agent:
        assert agent._home._history is None
    assert isinstance(environment.pace(), AtOnce)
    assert isinstance(Environment(network_moment=5.0).pace(), Grid)
