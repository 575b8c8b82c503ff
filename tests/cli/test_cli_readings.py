"""A report in words: which groups it names, and an example for those who have not decided."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.agent_box import AgentBox
from tests.cli.test_cli_privacy import Terminal

TICKS = "ticks 8 of these 33 groups; yours may or may not be among them:"


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    """A box with a model and its task."""
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        box.update(agent, vouched_until=box.clock.now() + 365 * DAY_SECONDS)
    return box


@pytest.fixture
def terminal(box: AgentBox) -> Terminal:
    return Terminal(box.directory)


def drawn(box: AgentBox) -> str:
    with box.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.REPORTING):
            agent.grant(purpose)
        box.clock.set(box.end_of_reporting_week(agent))
        assert agent.close_week().outcome == "drawn"
        return agent.disclosures()[0].report_id


def test_a_report_names_the_groups_it_ticks(box: AgentBox, terminal: Terminal) -> None:
    shown = terminal("disclosures", "show", drawn(box)).stdout
    assert TICKS in shown
    assert len(re.findall(r"^  (segment \d+|none \()", shown, re.MULTILINE)) == 8
    assert "an example" not in terminal("privacy", "report").stdout


def test_an_example_stands_there_until_somebody_decides(box: AgentBox, terminal: Terminal) -> None:
    first, second = (terminal("privacy", "report").stdout for _ in range(2))
    assert "an example of a week in which nothing was watched, never kept or sent:" in first
    assert TICKS in first
    assert first != second  # noise of its own, from nothing
    with box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent.grant(Purpose.REPORTING)
    assert "an example" not in terminal("privacy", "report").stdout


def test_the_other_mechanism_has_numbers(box: AgentBox, terminal: Terminal) -> None:
    with box.open() as agent:
        store = InstallationStore(agent._home.ledger, box.directory / "models")
        task = store.load().task
        assert task is not None
        other = msgspec.structs.replace(task, mechanism="discrete_laplace", sensitive=(3,))
        store.change(lambda now: now.with_task(other))
    shown = terminal("privacy", "report").stdout
    assert "holds a number for each of 33 groups; together they count at most 8" in shown
    assert "ticks" not in shown


def test_a_group_whose_name_is_gone_has_a_number(box: AgentBox, terminal: Terminal) -> None:
    report_id = drawn(box)
    with box.open() as agent:
        store = InstallationStore(agent._home.ledger, box.directory / "models")
        store.change(lambda now: now.with_task(None))
    assert "segment" in terminal("disclosures", "show", report_id).stdout
    with box.open() as agent:
        agent._home.ledger.change_state("named_tasks", lambda _: b"{}")
    assert "whose name is not known" in terminal("disclosures", "show", report_id).stdout
