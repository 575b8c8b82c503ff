"""Wrong values at every public entry: a typed refusal, and a box that reads as before.

A caller may hand in any text where a type says better. What is written has to be read again at the
next start, so that one wrong word must never reach a store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.errors import EdgeAgentError
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox

Entry = Callable[[Agent, Any], object]
NO_PROFILES = ("", "ma\x00in", "\ud800", "x" * 65)
ENTRIES: dict[str, tuple[Entry, tuple[object, ...]]] = {
    "grant": (lambda agent, it: agent.grant(it), ("histroy", "", "HISTORY")),
    "grant, profile": (
        lambda agent, it: agent.grant(Purpose.HISTORY, profile=it),
        ("nobody", *NO_PROFILES),
    ),
    "grant, language": (
        lambda agent, it: agent.grant(Purpose.HISTORY, language=it),
        ("xx", "", "../en", "english"),
    ),
    "withdraw": (lambda agent, it: agent.withdraw(it), ("histroy", "", "HISTORY")),
    "withdraw, profile": (
        lambda agent, it: agent.withdraw(Purpose.HISTORY, profile=it),
        NO_PROFILES,
    ),
    "apply_signal": (lambda agent, it: agent.apply_signal(it), ("do-share", "")),
    "watch, profile": (
        lambda agent, it: agent.record_watch(
            WatchEvent(entity_id="t:1", watched_on=1, profile=it), keep_unknown=True
        ),
        ("nobody", *NO_PROFILES),
    ),
    "create": (lambda agent, it: agent.household.create(it, kind="adult"), ("main", *NO_PROFILES)),
    "create, kind": (lambda agent, it: agent.household.create("eve", kind=it), ("adutl", "")),
    "switch": (lambda agent, it: agent.household.switch(it), ("nobody", *NO_PROFILES)),
    "rename": (lambda agent, it: agent.household.rename("ada", it), ("main", *NO_PROFILES)),
    "erase, reason": (
        lambda agent, it: agent.erasure.erase_history(reason=it),
        ("because", "", "USER_REQUEST"),
    ),
    "erase, profile": (
        lambda agent, it: agent.erasure.erase_profile(it),
        ("nobody", *NO_PROFILES),
    ),
    "retention": (lambda agent, it: agent.retention.choose(it), (0, -1, 10_000)),
    "hide": (lambda agent, it: agent.title_marks.hide(it, profile="main"), ("", "\ud800")),
    "recommend": (lambda agent, it: agent.recommend(profile=it), ("nobody", *NO_PROFILES)),
}
"""What to call with which wrong values, by name."""


@pytest.fixture
def agent_box(tmp_path: Path) -> AgentBox:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        agent.household.create("ada", kind="adult")
        agent.grant(Purpose.HISTORY)
    return box


def _held(agent: Agent) -> tuple[object, ...]:
    return (
        agent.consent_receipt(),
        agent.household.profiles(),
        agent.household.active,
        agent.portability.export(),
        agent.retention.kept(),
    )


@pytest.mark.parametrize("name", ENTRIES)
def test_a_wrong_value_is_refused_by_name_and_changes_nothing(
    agent_box: AgentBox, name: str
) -> None:
    entry, wrong = ENTRIES[name]
    with agent_box.open() as agent:
        before = _held(agent)
        for value in wrong:
            with pytest.raises(EdgeAgentError) as caught:
                entry(agent, value)
            assert caught.value.hint, value
    with agent_box.open() as agent:
        agent._home.ledger.check()
        assert _held(agent) == before
