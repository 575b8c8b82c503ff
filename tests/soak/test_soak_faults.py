"""One rule broken on purpose in each life: the soak must see it within days."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import week_of
from edgeagent.consent import Grant
from edgeagent.messages import WatchEvent
from edgeagent.services.household.housekeeping import Housekeeping
from edgeagent.simulator.plan import START
from edgeagent.testing.clock import FakeClock
from tests.soak.life import Life, Outcome
from tests.soak.server import Press, Trained
from tests.soak.world import Fault

pytestmark = pytest.mark.deep

_LEAKED_BYTES = 20 << 20
_LEAKED_DESCRIPTORS = 5
_LEFT_BYTES = 100 << 10


def lived(directory: Path, trained: Trained, fault: Fault, *, days: int = 4) -> Outcome:
    press = Press(directory, FakeClock(START), trained)
    return Life(directory, press, seed="1", fault=fault).live(days)


def at_housekeeping(agent: Agent, leak: Callable[[], object]) -> None:
    """Do something else, too, whenever the box keeps house."""
    real = agent.housekeeping

    def leaking() -> Any:  # noqa: ANN401  (what the real one returns)
        leak()
        return real()

    agent.housekeeping = leaking  # type: ignore[method-assign]


def test_nothing_is_wrong_without_a_fault(tmp_path: Path, trained: Trained) -> None:
    outcome = lived(tmp_path, trained, lambda _: None)
    assert outcome.wrong == ()
    assert outcome.acknowledged > 0


def test_viewings_past_their_retention_are_seen(tmp_path: Path, trained: Trained) -> None:
    def keeps_everything(agent: Agent) -> None:
        nothing = Housekeeping(deleted=0, skipped="")
        agent.housekeeping = lambda: nothing  # type: ignore[method-assign]

    outcome = lived(tmp_path, trained, keeps_everything)
    assert any("overdue_days" in one for one in outcome.wrong)


def test_reports_that_come_too_often_are_seen(tmp_path: Path, trained: Trained) -> None:
    def reports_every_week(agent: Agent) -> None:
        ledger = agent._home.ledger
        real = ledger.calendar

        def calendar(*, now: int) -> Any:  # noqa: ANN401  (what the real one returns)
            return replace(real(now=now), phase=(week_of(now) - 1) % 13)

        ledger.calendar = calendar  # type: ignore[method-assign]
        ledger.debits = tuple  # type: ignore[method-assign]

    outcome = lived(tmp_path, trained, reports_every_week)
    assert any("budget: reports on the weeks" in one for one in outcome.wrong)


def test_memory_that_grows_is_seen(tmp_path: Path, trained: Trained) -> None:
    kept: list[bytes] = []

    def leaks(agent: Agent) -> None:
        at_housekeeping(agent, lambda: kept.append(b"x" * _LEAKED_BYTES))

    outcome = lived(tmp_path, trained, leaks, days=8)
    assert any("resident_growth_bytes" in one for one in outcome.wrong)


def test_descriptors_that_stay_open_are_seen(tmp_path: Path, trained: Trained) -> None:
    kept: list[int] = []

    def leaks(agent: Agent) -> None:
        at_housekeeping(agent, lambda: kept.extend(os.dup(0) for _ in range(_LEAKED_DESCRIPTORS)))

    try:
        outcome = lived(tmp_path, trained, leaks, days=8)
    finally:
        for descriptor in kept:
            os.close(descriptor)
    assert any("descriptors_growth" in one for one in outcome.wrong)


def test_files_of_models_that_stay_are_seen(tmp_path: Path, trained: Trained) -> None:
    def leaks(agent: Agent) -> None:
        models = agent._home.directory / "models"

        def leave_one() -> None:
            (models / f"left-{len(list(models.iterdir()))}").write_bytes(b"x" * _LEFT_BYTES)

        at_housekeeping(agent, leave_one)

    outcome = lived(tmp_path, trained, leaks)
    assert any("model_bytes" in one for one in outcome.wrong)


def test_a_viewing_that_is_acknowledged_and_not_stored_is_seen(
    tmp_path: Path, trained: Trained
) -> None:
    def forgets(agent: Agent) -> None:
        history = agent._home.history
        real = history.add

        def add(events: Sequence[WatchEvent], grant: Grant, **more: Any) -> Any:  # noqa: ANN401
            return real(events[1:], grant, **more) if len(events) > 1 else 1

        history.add = add  # type: ignore[method-assign]

    outcome = lived(tmp_path, trained, forgets)
    assert any("other viewings" in one for one in outcome.wrong)
