from __future__ import annotations

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from tests.services.conftest import Box

UNDECIDED = {Purpose.HISTORY: "undecided", Purpose.PERSONALIZATION: "undecided"}


@pytest.fixture
def known(box: Box) -> Box:
    box.install()
    return box


def test_what_nobody_has_decided_is_said_once_for_each_profile(known: Box) -> None:
    hints = known.agent.household.hints
    assert hints.of("main") == UNDECIDED  # never about reports and promotions
    hints.note_shown("main", Purpose.HISTORY)
    assert hints.of("main") == {Purpose.PERSONALIZATION: "undecided"}
    hints.note_shown("main", *UNDECIDED)
    known.reopen()
    assert known.agent.household.hints.of("main") == {}
    known.agent.household.create("anna", kind="adult")
    assert known.agent.household.hints.of("anna") == UNDECIDED


def test_a_history_that_nothing_used_for_a_year_is_said_to_be_unused(known: Box) -> None:
    known.grant(Purpose.HISTORY)
    hints = known.agent.household.hints
    known.clock.advance(364 * DAY_SECONDS)
    assert Purpose.HISTORY not in hints.of("main")
    known.clock.advance(2 * DAY_SECONDS)
    assert hints.of("main")[Purpose.HISTORY] == "unused"
    known.grant(Purpose.PERSONALIZATION)
    assert hints.of("main") == {}
    known.agent.withdraw(Purpose.PERSONALIZATION)
    assert hints.of("main") == {}  # it was used within the year


def test_hints_need_the_time_and_read_no_history(known: Box) -> None:
    known.grant(Purpose.HISTORY)
    known.clock.advance(366 * DAY_SECONDS)
    before = known.agent.household.hints.of("main")
    known.watch("t:1")
    assert known.agent.household.hints.of("main") == before
    known.clock.set(0)
    assert known.agent.household.hints.of("main") == {}


def test_what_was_shown_follows_a_rename_and_not_a_name(known: Box) -> None:
    household = known.agent.household
    household.create("anna", kind="adult")
    household.hints.note_shown("anna", *UNDECIDED)
    household.rename("anna", "berta")
    assert household.hints.of("berta") == {}
    household.create("anna", kind="adult")
    assert household.hints.of("anna") == UNDECIDED


def test_one_switch_ends_hints_for_every_profile_and_a_name_that_is_gone(known: Box) -> None:
    household = known.agent.household
    household.create("anna", kind="adult")
    household.hints.note_shown("anna", Purpose.HISTORY)
    household.hints.switch(on=False)
    household.rename("anna", "berta")
    known.reopen()
    hints = known.agent.household.hints
    assert not hints.are_on()
    assert [hints.of(profile) for profile in ("main", "berta")] == [{}, {}]
    hints.switch(on=True)
    assert hints.of("main") == UNDECIDED
    assert hints.of("berta") == {Purpose.PERSONALIZATION: "undecided"}
