"""What another process decides while an update is at work is not taken back by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import ModelError, ModelRefused
from edgeagent.messages import ModelClaims, ModelFiles
from edgeagent.services.household.profiles import HouseholdState, HouseholdStateStore
from edgeagent.services.models.failover import Attempt, Failover
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.scorer import TableScorer
from tests.scoring.toy_model import toy_model
from tests.services.releases import Releases


class BusyScorer(TableScorer):
    """Lets another process work while a model is checked, and may then refuse the model."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        super().verify(files, golden_path, claims=claims)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.fails:
            raise ModelError("not golden", hint="this is a test")


@pytest.fixture
def scorer() -> BusyScorer:
    return BusyScorer()


@pytest.fixture
def agents(agent_box: AgentBox, scorer: BusyScorer) -> Iterator[tuple[Agent, Agent]]:
    """Two processes on one home; 2.0 is active, and 1.0 was before it."""
    agent_box.scorer = scorer
    with agent_box.open() as here, agent_box.open() as there:
        releases = releases_of(here)
        for number in (1, 2):
            publish(releases, number)
            releases.update(here, scorer)
        yield here, there


def releases_of(agent: Agent) -> Releases:
    return Releases(directory=agent._home.directory / "models")


def publish(releases: Releases, number: int) -> None:
    releases.publish(toy_model(factor=float(number)), version=f"{number}.0")


def slots(agent: Agent) -> tuple[str | None, ...]:
    now = agent.installation()
    return tuple(slot.model_version if slot else None for slot in (now.current, now.previous))


def refused(agent: Agent) -> tuple[str, str] | None:
    refusal = agent.installation().refused
    return None if refusal is None else (refusal.model_version, refusal.reason)


@pytest.mark.parametrize("fails", [False, True])
def test_a_roll_back_by_another_process_stands(
    agents: tuple[Agent, Agent], scorer: BusyScorer, *, fails: bool
) -> None:
    here, there = agents
    releases = releases_of(here)
    publish(releases, 3)
    scorer.meanwhile, scorer.fails = there.rollback_model, fails
    if fails:
        with pytest.raises(ModelError, match="not golden"):
            releases.update(here, scorer)
    else:
        update = releases.update(here, scorer)
        assert update.refused == "another process changed the installation meanwhile"
        assert update.model_version == "1.0"
    assert slots(here) == ("1.0", "2.0")
    assert refused(here) == ("2.0", "rolled back")
    scorer.fails = False
    assert releases.update(here, scorer).model_version == "3.0"
    assert slots(here) == ("3.0", "1.0")


def test_a_newer_model_and_task_of_another_process_stand(
    agents: tuple[Agent, Agent], scorer: BusyScorer
) -> None:
    here, there = agents
    older, newer = releases_of(here), releases_of(there)
    publish(older, 3)
    publish(newer, 4)
    scorer.meanwhile = lambda: newer.update(there, scorer)
    older.update(here, scorer)
    assert slots(here) == ("4.0", "2.0")
    task = here.installation().task
    assert task is not None
    assert task.segmenter.model.path == "models/4.0.onnx"


def test_two_processes_that_activate_the_same_agree(
    agents: tuple[Agent, Agent], scorer: BusyScorer
) -> None:
    here, there = agents
    releases = releases_of(here)
    publish(releases, 3)
    scorer.meanwhile = lambda: releases.update(there, scorer)
    assert releases.update(here, scorer).refused is None
    assert slots(here) == ("3.0", "2.0")


def trust(agent: Agent) -> Failover:
    store = InstallationStore(agent._home.ledger, agent._home.directory / "models")
    return Failover(store, clock=agent.clock)


def test_failures_of_two_processes_add_up(agents: tuple[Agent, Agent]) -> None:
    here, there = agents
    active = next(trust(here).attempts())
    for agent in (here, there):
        trust(agent).failed(active, ModelError("no", hint="no"))
    assert here.installation().failures == 2
    trust(there).failed(active, ModelError("no", hint="no"))
    assert slots(here) == ("1.0", "2.0")
    assert here.installation().failures == 0
    assert refused(here) == ("2.0", "failed 3 times in a row: no")


def test_who_answers_after_a_roll_back_changes_nothing(agents: tuple[Agent, Agent]) -> None:
    here, there = agents
    active = next(trust(here).attempts())
    there.rollback_model()
    trust(there).failed(next(trust(there).attempts()), ModelError("no", hint="no"))
    after = here.installation()
    trust(here).worked(active)
    trust(here).failed(active, ModelError("late", hint="late"))
    trust(here).failed(
        Attempt(manifest=active.manifest, popular=True), ModelError("late", hint="late")
    )
    assert here.installation() == after


def test_what_another_process_has_seen_of_the_time_is_kept(
    agent_box: AgentBox, agents: tuple[Agent, Agent], scorer: BusyScorer
) -> None:
    here, there = agents
    start = agent_box.clock.now()
    agent_box.clock.advance(20 * DAY_SECONDS)
    newer = releases_of(there)
    publish(newer, 3)
    newer.update(there, scorer)
    agent_box.clock.set(start)
    newer.update(here, scorer)
    assert here.installation().time.last_seen == start + 20 * DAY_SECONDS


def test_there_is_nothing_to_roll_back_to_at_first(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        before = agent.installation()
        with pytest.raises(ModelRefused, match="no previous model"):
            agent.rollback_model()
        assert agent.installation() == before


def test_a_state_is_decided_where_it_is_written(agents: tuple[Agent, Agent]) -> None:
    here, there = (HouseholdStateStore(agent._home.ledger) for agent in agents)
    assert here.load() == HouseholdState()
    there.update(retention_days=30)

    def doubled(now: HouseholdState) -> HouseholdState:
        assert now.retention_days is not None
        return HouseholdState(active="anna", retention_days=2 * now.retention_days)

    assert here.change(doubled).retention_days == 60
    assert there.load() == HouseholdState(active="anna", retention_days=60)

    def refusing(now: HouseholdState) -> HouseholdState:
        raise ModelRefused(str(now), hint="this is a test")

    with pytest.raises(ModelRefused):
        there.change(refusing)
    assert here.load() == HouseholdState(active="anna", retention_days=60)
