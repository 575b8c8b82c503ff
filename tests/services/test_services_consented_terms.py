"""What gets worse is asked again, what gets better is told; older consents keep their meaning."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.errors import ConsentRequired
from edgeagent.messages.codec import canonical_bytes
from edgeagent.services.consent_gate import PurposeState
from tests.services.conftest import MONDAY, Box, task


def change(box: Box, **settings: Any) -> None:
    box.config = msgspec.structs.replace(box.config, **settings)
    box.reopen()


def state(box: Box, purpose: Purpose) -> PurposeState:
    return box.agent.gate.state(purpose, profile="main")


def as_first_notice_had_it(record: ConsentRecord) -> ConsentRecord:
    return msgspec.structs.replace(
        record, notice_version="1", notice_sha256="4" * 64, terms=msgspec.UNSET
    )


@pytest.mark.parametrize(
    ("purpose", "settings", "said"),
    [
        (Purpose.HISTORY, {"retention_days": 91}, "kept for longer"),
        (Purpose.REPORTING, {"server_url": "https://others.example"}, "a server"),
        (Purpose.REPORTING, {"report_max_odds": "3"}, "cost more"),
        (Purpose.REPORTING, {"report_spacing_weeks": 25}, "more reports"),
        (Purpose.REPORTING, {"report_schemes": ("segment", "group_daypart")}, "not named"),
    ],
)
def test_what_gets_worse_is_asked_again_for_its_purpose_alone(
    box: Box, purpose: Purpose, settings: dict[str, Any], said: str
) -> None:
    change(
        box,
        retention_days=90,
        report_max_odds="2",
        report_spacing_weeks=26,
        report_schemes=("segment",),
    )
    box.grant(*Purpose)
    change(box, **settings)
    assert [each.purpose for each in box.agent.consent() if not each.granted] == [purpose]
    assert state(box, purpose).refusal == "other_notice"
    assert [worse.worse for worse in state(box, purpose).changes] == [True]
    with pytest.raises(ConsentRequired, match=said):
        box.agent.gate.grant(purpose, profile="main")
    box.grant(purpose)
    assert state(box, purpose).granted
    assert state(box, purpose).changes == ()


def test_what_gets_better_is_told_and_not_asked(box: Box) -> None:
    box.grant(*Purpose)
    change(box, retention_days=30, report_max_odds="3/2", report_spacing_weeks=52, server_url=None)
    assert all(each.granted for each in box.agent.consent())
    (days,) = state(box, Purpose.HISTORY).changes
    assert (days.term, days.before, days.now, days.worse) == ("retention_days", "365", "30", False)
    assert [each.term for each in state(box, Purpose.REPORTING).changes] == [
        "recipients",
        "odds",
        "spacing_weeks",
    ]
    box.agent.withdraw(Purpose.HISTORY)
    assert state(box, Purpose.HISTORY).changes == ()


def test_no_task_changes_the_notice_or_asks_anybody(box: Box) -> None:
    box.grant(*Purpose)
    before = box.agent.gate.notice()
    box.install(task(odds_numerator=2, categories=9, sensitive=()))
    box.take_task(mechanism="discrete_laplace", odds_numerator=3)
    assert box.agent.gate.notice() == before
    assert all(each.granted and not each.changes for each in box.agent.consent())


def test_a_consent_under_the_first_notice_covers_no_time_of_day(box: Box) -> None:
    for purpose in Purpose:
        box.agent._home.ledger.append_consent(as_first_notice_had_it(box.agent.grant(purpose)))
    box.reopen()
    assert [each.purpose for each in box.agent.consent() if not each.granted] == [
        Purpose.REPORTING,
        Purpose.PROMOTION,  # keeps a list of what was shown since then
    ]
    (change,) = state(box, Purpose.REPORTING).changes
    assert (change.term, change.before, change.now) == (
        "schemes",
        "segment",
        "group_daypart, segment",
    )


def test_a_consent_under_the_first_notice_still_counts(box: Box) -> None:
    change(box, report_schemes=("segment",))
    for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
        box.agent._home.ledger.append_consent(as_first_notice_had_it(box.agent.grant(purpose)))
    box.reopen()
    states = [each for each in box.agent.consent() if each.purpose is not Purpose.PROMOTION]
    assert not [(each.purpose, each.reason) for each in states if not each.granted]
    assert all(each.since == MONDAY for each in states)


def test_the_first_notice_covers_what_was_in_force_when_the_terms_were_written_down(
    box: Box,
) -> None:
    change(box, report_schemes=("segment",))
    box.agent._home.ledger.append_consent(
        as_first_notice_had_it(box.agent.grant(Purpose.REPORTING))
    )
    change(box, server_url="https://others.example")
    assert state(box, Purpose.REPORTING).refusal == "other_notice"
    change(box, server_url="https://models.example")
    assert state(box, Purpose.REPORTING).granted


def test_a_record_of_the_first_notice_keeps_its_bytes(box: Box) -> None:
    record = as_first_notice_had_it(box.agent.grant(Purpose.HISTORY))
    box.agent._home.ledger.append_consent(record)
    box.reopen()
    read = box.agent._home.ledger.consents("main")[-1]
    assert canonical_bytes(read) == canonical_bytes(record)
    assert b"terms" not in canonical_bytes(read)
    assert box.agent.consent_receipt().records[-1].terms is None


def test_viewings_are_kept_no_longer_than_was_consented_to(box: Box) -> None:
    change(box, retention_days=30)
    box.grant(Purpose.HISTORY)
    change(box, retention_days=180)
    assert box.agent.retention.kept().days == 30
    box.grant(Purpose.HISTORY)
    assert box.agent.retention.kept().days == 180
    change(box, retention_days=30)
    assert box.agent.retention.kept().days == 30


def test_the_tightest_consent_of_a_household_decides_how_long_viewings_are_kept(
    box: Box,
) -> None:
    box.agent.household.create("anna", kind="adult")
    change(box, retention_days=30)
    box.grant(Purpose.HISTORY, profile="anna")
    change(box, retention_days=180)
    box.grant(Purpose.HISTORY)
    assert box.agent.retention.kept().allowed_days == 30
    box.agent.withdraw(Purpose.HISTORY, profile="anna")
    assert box.agent.retention.kept().allowed_days == 180


def test_where_terms_got_worse_the_run_begins_with_the_consent_to_them(box: Box) -> None:
    box.grant(Purpose.REPORTING)
    box.clock.advance(10 * DAY_SECONDS)
    change(box, server_url="https://others.example")
    box.grant(Purpose.REPORTING)
    assert state(box, Purpose.REPORTING).since == MONDAY + 10 * DAY_SECONDS
    change(box, server_url="https://models.example")
    box.grant(Purpose.REPORTING)
    assert state(box, Purpose.REPORTING).since == box.clock.now()


def test_a_record_holds_the_terms_and_the_receipt_shows_them(box: Box) -> None:
    record = box.agent.grant(Purpose.REPORTING)
    assert record.terms == box.agent.gate.notice().terms
    (entry,) = box.agent.consent_receipt().records
    assert entry.terms == record.terms
