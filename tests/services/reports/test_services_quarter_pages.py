"""A quarter's page is made when it has ended, compared with the one before, and goes with data."""

from __future__ import annotations

import pytest

from edgeagent.clock import WEEK_SECONDS
from edgeagent.consent import Purpose
from tests.services.conftest import Box

QUARTER = 13 * WEEK_SECONDS


@pytest.fixture
def kept(box: Box) -> Box:
    """A box whose housekeeping has begun to count quarters."""
    box.install()
    box.grant(Purpose.HISTORY)
    assert not box.agent.reports.turn_quarter()
    return box


def changed(box: Box) -> dict[str, tuple[float, float]]:
    changes = box.agent.reports.quarter().changes
    return {change.figure: (change.before, change.now) for change in changes}


def next_quarter(box: Box) -> None:
    box.clock.advance(QUARTER)
    box.update_daily()


def test_a_page_is_made_once_when_a_quarter_has_ended(kept: Box) -> None:
    pages = kept.agent.reports.quarter_pages
    assert not pages.is_new()
    assert kept.agent.reports.quarter().ended_quarter is None
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()
    assert not kept.agent.reports.turn_quarter()
    assert pages.is_new()
    assert kept.agent.reports.quarter().ended_quarter == pages.ended_quarter()
    assert not kept.agent.reports.quarter().is_compared
    pages.looked_at()
    assert not pages.is_new()
    kept.reopen()
    assert not kept.agent.reports.quarter_pages.is_new()


def test_two_quarters_are_compared_by_what_differs(kept: Box) -> None:
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()
    kept.watch("t:1")
    kept.watch("t:2")
    kept.grant(Purpose.PERSONALIZATION)
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()
    assert changed(kept) == {"viewings": (0, 2), "allowed": (1, 2)}
    assert kept.agent.reports.quarter().is_compared
    kept.agent.household.create("anna", kind="adult")
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()
    assert changed(kept) == {"profiles": (1, 2)}


@pytest.mark.parametrize("deed", ["erase", "withdraw", "forget"])
def test_the_figures_go_with_every_deletion(kept: Box, deed: str) -> None:
    kept.watch("t:1")
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()
    assert kept.agent._home.ledger.state("derived.quarters") is not None
    if deed == "erase":
        kept.agent.erasure.erase_history()
    elif deed == "withdraw":
        kept.agent.withdraw(Purpose.HISTORY)
    else:
        kept.agent.title_marks.forget("t:1", profile="main")
    summary = kept.agent.reports.quarter()
    assert (summary.ended_quarter, summary.is_compared, summary.changes) == (None, False, ())
    assert not kept.agent.reports.quarter_pages.is_new()
    assert kept.agent._home.ledger.state("derived.quarters") is None
    assert not kept.agent.reports.turn_quarter()
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()


def test_nothing_is_made_in_a_private_session_or_at_an_unknown_time(kept: Box) -> None:
    next_quarter(kept)
    kept.agent.private.start(minutes=30)
    assert not kept.agent.reports.turn_quarter()
    kept.agent.private.stop()
    now = kept.clock.now()
    kept.clock.set(0)
    assert not kept.agent.reports.turn_quarter()
    kept.clock.set(now)
    assert kept.agent.reports.turn_quarter()


def test_a_clock_that_was_ahead_makes_no_page_twice(kept: Box) -> None:
    next_quarter(kept)
    assert kept.agent.reports.turn_quarter()
    kept.clock.advance(-QUARTER)
    assert not kept.agent.reports.turn_quarter()
    assert kept.agent.reports.quarter().ended_quarter is not None
