"""The attacks of ``python -m tests.security``, few of them, and that they would see a loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeagent.consent import Purpose
from edgeagent.errors import PromiseBroken
from edgeagent.testing.agent_box import AgentBox
from tests.security.__main__ import main
from tests.security.comparison import Comparison, KillFigures, Known
from tests.security.kills import run_kills
from tests.security.plain_box import PlainBox, Step
from tests.security.work import Done


@pytest.mark.deep
def test_a_few_kills_and_damages_lose_nothing_and_are_counted() -> None:
    result = CliRunner().invoke(main, ["--rounds", "4", "--seed", "short", "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["kills"]["kills"] == 4
    assert figures["damages"]["attacks"] == 20
    assert figures["kills"]["losses"] == figures["damages"]["wrong_answers"] == []


def test_work_that_fails_by_itself_is_a_loss(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the home should be")
    figures = KillFigures()
    assert list(run_kills(tmp_path, kills=3, seed="fails", figures=figures)) == []
    (failure,) = figures.failures
    assert "ended by itself" in failure


@pytest.mark.deep
def test_a_loss_ends_with_the_code_of_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainBox, "after", lambda box, _: box)  # a model in which nothing happens
    result = CliRunner().invoke(main, ["--rounds", "2", "--seed", "short"])
    assert result.exit_code == PromiseBroken.exit_code
    assert "error:" in result.stderr


CLOSE = Step(kind="close_week", at=1_768_176_001)
GRANT = Step(kind="grant", at=1_768_176_001, purpose=Purpose.HISTORY)


@pytest.fixture
def home(tmp_path: Path) -> AgentBox:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    box.clock.set(GRANT.at)
    with box.open() as agent:
        agent.grant(Purpose.HISTORY)
    return box


def _compared(home: AgentBox, known: Known, pending: tuple[Step, ...] = ()) -> list[str]:
    sent = home.directory.parent / "sent"
    sent.touch()
    figures = KillFigures()
    with home.open() as agent:
        Comparison(figures, known=known, pending=pending).compare(agent, sent=sent)
    return figures.failures


def test_what_was_acknowledged_and_is_there_is_no_loss(home: AgentBox) -> None:
    known = Known()
    known.take_in([Done(step=GRANT)])
    assert _compared(home, known) == []


def test_what_was_under_way_may_have_happened(home: AgentBox) -> None:
    assert _compared(home, Known(), pending=(GRANT,)) == []


def test_of_several_steps_under_way_the_first_ones_may_have_happened(home: AgentBox) -> None:
    assert _compared(home, Known(), pending=(GRANT, CLOSE, GRANT, GRANT)) == []


def test_steps_under_way_do_not_happen_out_of_order(home: AgentBox) -> None:
    withdrawn = Step(kind="withdraw", at=GRANT.at, purpose=Purpose.HISTORY)
    assert len(_compared(home, Known(), pending=(withdrawn, GRANT))) == 1


def test_what_nobody_did_is_a_loss(home: AgentBox) -> None:
    assert len(_compared(home, Known())) == 1


def test_what_was_acknowledged_and_is_gone_is_a_loss(home: AgentBox) -> None:
    known = Known()
    known.take_in([Done(step=GRANT), Done(step=GRANT)])
    assert len(_compared(home, known)) == 1


def test_a_report_that_is_gone_is_a_loss(home: AgentBox) -> None:
    known = Known()
    known.take_in([Done(step=GRANT)])
    known.take_in([Done(step=CLOSE, drawn=(3000, "a"))])
    (failure,) = _compared(home, known)
    assert "gone or changed" in failure


def test_a_report_that_was_sent_and_never_booked_is_a_budget_error(home: AgentBox) -> None:
    known = Known()
    known.take_in([Done(step=GRANT)])
    (home.directory.parent / "sent").write_bytes(b'{"week":3000}'.ljust(512) + b"\n")
    (failure,) = _compared(home, known)
    assert "never booked" in failure


def test_two_reports_of_one_week_are_a_double_report(home: AgentBox) -> None:
    known = Known()
    known.take_in([Done(step=GRANT)])
    lines = [b'{"week":3000}'.ljust(512), b'{"week": 3000}'.ljust(512)]
    (home.directory.parent / "sent").write_bytes(b"\n".join([*lines, b""]))
    assert any("two reports of one week" in failure for failure in _compared(home, known))


@pytest.mark.parametrize("weeks", [[3000, 3000], [3000, 3012]])
def test_weeks_of_earlier_ledgers_count(home: AgentBox, weeks: list[int]) -> None:
    known = Known(earlier_weeks=weeks)
    known.take_in([Done(step=GRANT)])
    assert len(_compared(home, known)) == 1
