"""What stands against the next report, as the household is told and as the reporter decides."""

from __future__ import annotations

from typing import Any

import pytest

from edgeagent.clock import DAY_SECONDS, quarter_of, week_start
from edgeagent.consent import Purpose
from edgeagent.dashboard.texts import LANGUAGES, load_texts
from edgeagent.errors import LedgerBroken
from edgeagent.messages.fields import Obstacle
from edgeagent.services.models.installation import InstallationStore
from tests.services.conftest import Box, task

BOTH = (Purpose.HISTORY, Purpose.REPORTING)


def obstacle(box: Box) -> Obstacle | None:
    found = box.agent.reports.obstacle(box.reporting_week())
    return None if found is None else found[0]


@pytest.fixture
def ready(box: Box) -> Box:
    box.install()
    box.grant(*BOTH)
    assert obstacle(box) is None
    return box


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reports": False}, Obstacle.OFF),
        ({"server_url": None}, Obstacle.SERVER),
        ({"report_max_odds": "2"}, Obstacle.LIMITS),
    ],
)
def test_settings_can_stand_against_it(
    ready: Box, changes: dict[str, Any], expected: Obstacle
) -> None:
    ready.config = type(ready.config)(**({"server_url": "https://models.example"} | changes))
    ready.reopen()
    assert obstacle(ready) is expected


def test_a_task_that_is_not_there(ready: Box) -> None:
    store = InstallationStore(ready.agent._home.ledger, ready.directory / "models")
    store.change(lambda now: now.with_task(None))
    assert obstacle(ready) is Obstacle.TASK


def test_a_task_for_later_weeks(box: Box) -> None:
    box.install(task(first_week=100_000))
    box.grant(*BOTH)
    assert obstacle(box) is Obstacle.LATER


@pytest.mark.parametrize("quarters_off", [-1, 1, 9000])
def test_a_task_of_another_quarter_draws_nothing(ready: Box, quarters_off: int) -> None:
    week = ready.go_to_end_of_reporting_week()
    ready.take_task(epoch=quarter_of(week) + quarters_off)
    assert obstacle(ready) is Obstacle.QUARTER
    closing = ready.agent.close_week()
    assert (closing.outcome, closing.reason) == ("silent", "the task is for another quarter")
    assert ready.agent._home.ledger.debits() == ()
    ready.take_task(epoch=quarter_of(week))
    assert ready.agent.close_week().outcome == "drawn"
    ready.take_task(epoch=quarter_of(week) + quarters_off)
    assert ready.agent.close_week().outcome == "already_closed"


def test_the_task_of_a_quarter_to_come_need_not_be_there_yet(ready: Box) -> None:
    ready.take_task(epoch=quarter_of(ready.reporting_week()) - 1)
    assert obstacle(ready) is None
    ready.clock.set(week_start(ready.reporting_week()))
    assert obstacle(ready) is Obstacle.QUARTER


def test_a_ledger_that_does_not_add_up(ready: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise LedgerBroken("the ledger and its anchor disagree", hint="doctor")

    monkeypatch.setattr(ready.agent._home.ledger, "check", broken)
    assert obstacle(ready) is Obstacle.LEDGER


def test_a_segmenter_that_is_not_there(ready: Box) -> None:
    (ready.directory / "models" / "targets" / "models%2Fa.onnx").unlink()
    assert obstacle(ready) is Obstacle.SEGMENTER


def test_a_time_that_is_not_known(ready: Box) -> None:
    ready.clock.advance(4 * 365 * DAY_SECONDS)
    assert obstacle(ready) is Obstacle.TIME


def test_a_new_ledger_is_silent(ready: Box) -> None:
    before = ready.agent._home.ledger.genesis.first_reportable_week - 1
    found = ready.agent.reports.obstacle(before)
    assert found is not None
    assert found[0] is Obstacle.SILENCE


def test_consent_has_to_be_there_when_the_week_begins(box: Box) -> None:
    box.install()
    box.grant(Purpose.HISTORY)
    assert obstacle(box) is Obstacle.CONSENT
    week = box.reporting_week()
    box.clock.set(week_start(week) + 1)
    box.grant(Purpose.REPORTING)
    found = box.agent.reports.obstacle(week)
    assert found is not None
    assert found[0] is Obstacle.CONSENT
    assert box.agent.reports.obstacle(week + 13) is None


def test_reports_spaced_farther_than_the_next_week(ready: Box) -> None:
    ready.config = type(ready.config)(
        server_url="https://models.example", retention_days=365, report_spacing_weeks=30
    )
    ready.reopen()
    ready.go_to_end_of_reporting_week()
    assert ready.agent.close_week().outcome == "drawn"
    booked = ready.agent._home.ledger.debits()[-1].week
    found = [ready.agent.reports.obstacle(booked + 13 * number) for number in (1, 2, 3)]
    assert [None if one is None else one[0] for one in found] == [
        Obstacle.LIMITS,
        Obstacle.LIMITS,
        None,
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dashboard_has_words_for_each(language: str) -> None:
    texts = load_texts(language)
    assert all(texts(f"next.obstacle.{code}") for code in Obstacle)
