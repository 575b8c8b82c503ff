"""A week that may have lost viewings to retention is missed, whatever was watched in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.clock import DAY_SECONDS, week_start
from edgeagent.config import Config
from edgeagent.consent import Purpose
from tests.services.conftest import Box

BOTH = (Purpose.HISTORY, Purpose.REPORTING)


@pytest.fixture
def week(box: Box) -> int:
    """The reporting week of a box that keeps viewings for eight days; it is Monday, 00:00."""
    box.install()
    box.grant(*BOTH)
    box.config = Config(server_url="https://models.example", retention_days=8)
    box.reopen()
    week = box.reporting_week()
    box.clock.set(week_start(week))
    return week


def _watch_daily(box: Box) -> None:
    for _ in range(7):
        box.watch("t:1")
        box.clock.advance(DAY_SECONDS)


@pytest.mark.parametrize("watched", [True, False])
def test_a_box_that_was_off_for_ten_days_misses_its_week(
    box: Box, week: int, *, watched: bool
) -> None:
    if watched:
        _watch_daily(box)
    box.clock.set(week_start(week + 1) + 10 * DAY_SECONDS)
    for _ in range(2):
        closing = box.agent.close_week()
        assert (closing.outcome, closing.week) == ("silent", week)
        assert "deleted by age" in closing.reason
        box.reopen()
    ledger = box.agent._home.ledger
    assert week in ledger.closed_weeks()
    assert (ledger.debits(), ledger.disclosures(), box.scorer.requests) == ((), (), [])


@pytest.mark.usefixtures("week")
def test_a_week_is_drawn_while_all_of_it_is_kept(box: Box) -> None:
    _watch_daily(box)
    box.clock.advance(DAY_SECONDS - 60)  # the minute of the count is part of it
    assert box.agent.close_week().outcome == "drawn"


@pytest.mark.usefixtures("week")
def test_a_second_later_it_is_missed(box: Box) -> None:
    _watch_daily(box)
    box.clock.advance(DAY_SECONDS - 59)
    assert box.agent.close_week().outcome == "silent"


@pytest.mark.usefixtures("week")
def test_retention_that_grows_brings_nothing_back(box: Box) -> None:
    box.config = Config(server_url="https://models.example", retention_days=90)
    box.reopen()
    box.agent.retention.choose(8)
    _watch_daily(box)
    box.clock.advance(3 * DAY_SECONDS)
    assert box.agent.housekeeping().deleted == 2
    box.agent.retention.choose(90)
    for _ in range(2):
        assert "deleted by age" in box.agent.close_week().reason
        box.agent.housekeeping()


def test_retention_that_grew_long_ago_is_no_reason(
    make_box: Callable[..., Box],
) -> None:
    box = make_box()
    box.install()
    box.grant(*BOTH)
    box.agent.retention.choose(8)
    box.agent.housekeeping()
    box.agent.retention.choose(90)
    week = box.go_to_end_of_reporting_week()
    box.agent.housekeeping()
    box.clock.advance(30 * DAY_SECONDS)
    closing = box.agent.close_week()
    assert (closing.outcome, closing.week) == ("drawn", week)


def test_what_is_noted_is_written_when_retention_changes_and_not_daily(box: Box) -> None:
    box.agent.housekeeping()
    kept = box.agent._home.ledger.state("whole history")
    assert kept is not None
    for _ in range(3):
        box.clock.advance(DAY_SECONDS)
        box.agent.housekeeping()
    assert box.agent._home.ledger.state("whole history") == kept
