"""A new model must not guess this household's own viewings clearly worse than the present one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken, ModelError
from edgeagent.messages import TrialAnswer, TrialRequest, WatchEvent, sha256_hex
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.models.quality_gate import QualityGate
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.scorer import TableScorer
from tests.scoring.toy_model import toy_model
from tests.services.releases import Releases

ENOUGH = 32


class TrialScorer(TableScorer):
    """Guesses as well as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gains: dict[str, tuple[float | None, ...] | ModelError] = {}
        self.trials: list[TrialRequest] = []

    def trial(self, request: TrialRequest) -> TrialAnswer:
        self.trials.append(request)
        gains = self.gains.get(request.files.model_sha256, (0.5,) * 8)
        if isinstance(gains, ModelError):
            raise gains
        return TrialAnswer(gains=gains)


@pytest.fixture
def scorer() -> TrialScorer:
    return TrialScorer()


@pytest.fixture
def agent(tmp_path: Path, scorer: TrialScorer) -> Iterator[Agent]:
    """A box with a model and enough viewings, which grants everything."""
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=scorer)
    with box.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION):
            agent.grant(purpose)
        agent.record_watch(_events(range(ENOUGH)))
        yield agent


@pytest.fixture
def releases(agent: Agent, scorer: TrialScorer) -> Releases:
    releases = Releases(directory=agent._home.directory / "models")
    releases.publish(version="1.0")
    releases.update(agent, scorer, gate=_gate(scorer))
    releases.publish(toy_model(factor=2.0), version="2.0")
    return releases


def _events(numbers: range) -> list[WatchEvent]:
    return [
        WatchEvent(entity_id=f"t:{n}", watched_on=1_767_000_000 + n, completed=True)
        for n in numbers
    ]


def _gate(scorer: TrialScorer) -> Callable[[Agent], QualityGate]:
    return lambda agent: QualityGate(agent._home, gate=agent.gate, scorer=scorer)


def _sha256(releases: Releases, version: str) -> str:
    return sha256_hex(releases.contents[f"models/{version}.onnx"])


def test_a_clear_loss_keeps_the_old_model_and_the_task_comes_all_the_same(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    scorer.gains[_sha256(releases, "2.0")] = (0.1,) * 8
    update = releases.update(agent, scorer, gate=_gate(scorer))
    assert (update.model_changed, update.task_changed) == (False, True)
    assert update.model_version == "1.0"
    assert "8 of the 8 titles watched last worse" in str(update.refused)
    installation = agent.installation()
    assert installation.current is not None
    assert installation.current.model_version == "1.0"
    assert installation.task is not None
    assert installation.task.segmenter.model.path == "models/2.0.onnx"
    assert installation.refused is not None
    assert (installation.refused.model_version, installation.refused.lasting) == ("2.0", False)


def test_what_lost_is_compared_again_at_the_next_update(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    scorer.gains[_sha256(releases, "2.0")] = (0.1,) * 8
    releases.update(agent, scorer, gate=_gate(scorer))
    scorer.gains.clear()
    update = releases.update(agent, scorer, gate=_gate(scorer))
    assert (update.model_version, update.refused) == ("2.0", None)
    assert agent.installation().refused is None


def test_a_model_that_is_as_good_is_taken(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    assert releases.update(agent, scorer, gate=_gate(scorer)).model_version == "2.0"
    assert len(scorer.trials) == 2


def test_without_consent_nothing_of_the_history_is_read(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    agent.withdraw(Purpose.PERSONALIZATION)
    scorer.gains[_sha256(releases, "2.0")] = (0.1,) * 8
    assert releases.update(agent, scorer, gate=_gate(scorer)).model_version == "2.0"
    assert scorer.trials == []


def test_a_store_that_cannot_be_read_stops_no_update(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    class Broken(ConsentGate):
        def holds(self, purpose: Purpose, *, profile: str) -> bool:
            raise LedgerBroken(f"{purpose} of {profile}: nobody knows", hint="a test")

    broken = Broken(agent._home.ledger, clock=DeviceClock(FakeClock(0)), config=Config())
    gate = QualityGate(agent._home, gate=broken, scorer=scorer)
    assert releases.update(agent, scorer, gate=lambda _: gate).model_version == "2.0"
    assert scorer.trials == []


def test_too_few_viewings_decide_nothing(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    agent._home.history.forget("main", "t:5")
    scorer.gains[_sha256(releases, "2.0")] = (0.1,) * 8
    assert releases.update(agent, scorer, gate=_gate(scorer)).model_version == "2.0"
    assert scorer.trials == []


def test_hidden_titles_and_those_that_are_no_reason_do_not_decide(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    grant = agent.gate.grant(Purpose.HISTORY, profile="main")
    agent._home.history.add(_events(range(ENOUGH, ENOUGH + 3)), grant)
    agent._home.history.set_mark("main", "t:34", "hidden", at=0)
    agent._home.history.set_mark("main", "t:2", "not_reason", at=0)
    releases.update(agent, scorer, gate=_gate(scorer))
    (asked,) = {trial.profiles for trial in scorer.trials}
    (window,) = asked
    assert {"t:34", "t:2"}.isdisjoint(viewing.entity_id for viewing in window)
    assert len(window) == ENOUGH + 1


def test_a_present_model_that_does_not_run_is_no_argument_against_a_new_one(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    scorer.gains[_sha256(releases, "1.0")] = ModelError("it is broken", hint="a test")
    assert releases.update(agent, scorer, gate=_gate(scorer)).model_version == "2.0"


def test_a_new_model_that_cannot_guess_is_refused(
    agent: Agent, releases: Releases, scorer: TrialScorer
) -> None:
    scorer.gains[_sha256(releases, "2.0")] = ModelError("it is broken", hint="a test")
    update = releases.update(agent, scorer, gate=_gate(scorer))
    assert update.refused == "it cannot predict what was watched here: it is broken"
