from __future__ import annotations

from fractions import Fraction

import pytest

from edgeagent.clock import WEEK_SECONDS, week_of
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, PolicyError
from edgeagent.privacy.accounting import Debit
from edgeagent.store import CALLED_OFF, LedgerStore
from edgeagent.store.consents import append_consent
from edgeagent.testing.box import NOW, Box


@pytest.fixture
def ledger(box: Box) -> LedgerStore:
    return box.open().ledger


def test_a_new_ledger_is_silent_for_thirteen_whole_weeks(ledger: LedgerStore) -> None:
    genesis = ledger.genesis
    assert genesis.created_at == NOW
    assert genesis.first_reportable_week == week_of(NOW) + 14
    silent = range(week_of(NOW) + 1, genesis.first_reportable_week)
    assert len(silent) == 13


@pytest.mark.deep
def test_the_phase_is_drawn_once_and_takes_all_thirteen_values(box: Box) -> None:
    phases = set()
    for seed in range(80):
        other = Box(box.directory.parent / f"box{seed}")
        phases.add(other.open(seed=f"{seed}").ledger.genesis.phase)
        other.close()
    assert phases == set(range(13))
    first = box.open(seed="1").ledger.genesis
    box.close()
    assert box.open(seed="2", now=NOW + WEEK_SECONDS).ledger.genesis == first


def test_decisions_come_back_in_order_and_survive(box: Box) -> None:
    records = [
        box.decision(Purpose.HISTORY, at=NOW + 5),
        box.decision(Purpose.REPORTING, profile="ada", at=NOW + 3),
        box.decision(Purpose.HISTORY, given=False, at=NOW + 4),
    ]
    ledger = box.open().ledger
    for record in records:
        ledger.append_consent(record)
    box.close()
    ledger = box.open().ledger
    assert ledger.consents() == (records[0], records[2], records[1])
    assert ledger.consents("main") == (records[0], records[2])
    assert ledger.consents("nobody") == ()
    assert ledger.profiles_with_decisions() == ("ada", "main")
    assert ledger.consenting_profiles() == ("ada",)


def test_a_rename_carries_decisions_and_makes_none(box: Box, ledger: LedgerStore) -> None:
    ledger.append_consent(box.decision(profile="bea"), box.decision(profile="bea", given=False))
    ledger.append_consent(box.decision(profile="ada"), clock_was_behind=True)
    ledger.note_known_time(NOW + 5)
    before = ledger.tip()[0]
    for _ in range(2):
        ledger.append_rename("ada", "bea", at=NOW + 6, since=before)
    assert ledger.tip()[0] == before + 1
    assert ledger.dated_consents("ada") == ()
    *earlier, carried = ledger.dated_consents("bea")
    assert [dated.record.event for dated in earlier] == ["given", "withdrawn"]
    assert [dated.is_of_former for dated in (*earlier, carried)] == [True, True, False]
    assert (carried.profile, carried.record.profile) == ("bea", "ada")
    assert (carried.known_at, carried.was_behind) == (NOW + 5, True)
    assert [record.profile for record in ledger.consents()] == ["bea"] * 3
    assert ledger.latest_consents() == (box.decision(profile="bea"),)
    # The old name is anybody's, and so is the new one after another rename.
    ledger.append_consent(box.decision(profile="ada", given=False))
    ledger.append_rename("bea", "eve", at=NOW + 7, since=before + 1)
    assert ledger.profiles_with_decisions() == ("ada", "eve")
    assert [dated.record.event for dated in ledger.dated_consents("ada")] == ["withdrawn"]


def test_a_booking_is_debit_disclosure_and_outbox_entry(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    report_id = box.book(ledger, week, odds=Fraction(3, 2))
    assert ledger.debits() == (Debit(week=week, odds=Fraction(3, 2)),)
    (disclosure,) = ledger.disclosures()
    assert (disclosure.report_id, disclosure.week) == (report_id, week)
    assert disclosure.odds == Fraction(3, 2)
    assert disclosure.outcome is None
    (waiting,) = ledger.outbox()
    assert waiting.body == disclosure.body
    assert len(waiting.body) == 512
    assert (waiting.attempts, waiting.next_attempt_at) == (0, NOW + 60)
    assert ledger.closed_weeks() == {week}


def test_a_week_is_drawn_once_whatever_the_task(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    box.book(ledger, week)
    with pytest.raises(PolicyError, match=f"week {week}"):
        box.book(ledger, week)
    ledger.mark_missed(week + 20, reason="off", at=NOW)
    with pytest.raises(PolicyError, match="is closed") as caught:
        box.book(ledger, week + 20)
    assert caught.value.hint
    with pytest.raises(PolicyError, match="is closed"):
        ledger.mark_missed(week, reason="off", at=NOW)
    assert len(ledger.disclosures()) == len(ledger.outbox()) == len(ledger.debits()) == 1
    assert ledger.closed_weeks() == {week, week + 20}
    ledger.check()


def test_the_schema_itself_refuses_a_second_draw(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    box.book(ledger, week)
    unique = ledger._database.read("SELECT sql FROM sqlite_schema WHERE name = 'ledger'")[0][0]
    assert "week INTEGER NOT NULL UNIQUE" in unique
    with pytest.raises(PolicyError, match=r"UNIQUE constraint failed: ledger\.week"):
        ledger.mark_missed(week, reason="off", at=NOW)


def test_the_budget_is_checked_in_the_booking_itself(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    for number in range(4):
        box.book(ledger, week + 13 * number)
    with pytest.raises(PolicyError, match="13 weeks"):
        box.book(ledger, week + 13 * 4 - 1)
    with pytest.raises(PolicyError, match="none of"):
        box.book(ledger, week + 13 * 4, odds=Fraction(301, 100))
    box.book(ledger, week + 13 * 4)
    assert len(ledger.debits()) == len(ledger.outbox()) == 5


def test_a_report_id_is_used_once(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    box.book(ledger, week)
    with pytest.raises(PolicyError, match="report id was used"):
        ledger.book(
            week=week + 13,
            odds=Fraction(3),
            report_id=f"{week:032x}",
            task="t",
            body=bytes(512),
            drawn_at=NOW,
            due_at=NOW,
            recipient="r",
            meaning="m",
        )
    assert ledger.closed_weeks() == {week}


def test_a_body_of_another_length_is_not_booked(ledger: LedgerStore) -> None:
    with pytest.raises(PolicyError, match="511 bytes"):
        ledger.book(
            week=ledger.genesis.first_reportable_week,
            odds=Fraction(3),
            report_id="0" * 32,
            task="t",
            body=bytes(511),
            drawn_at=NOW,
            due_at=NOW,
            recipient="r",
            meaning="m",
        )
    assert ledger.closed_weeks() == frozenset()


def test_a_missed_week_costs_nothing(ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    ledger.mark_missed(week, reason="off", at=NOW)
    assert ledger.debits() == ()
    assert ledger.closed_weeks() == {week}
    assert ledger.disclosures() == ()
    assert ledger.outbox() == ()


def test_each_try_is_counted_and_sends_the_same_bytes(box: Box, ledger: LedgerStore) -> None:
    report_id = box.book(ledger, ledger.genesis.first_reportable_week)
    body = ledger.outbox()[0].body
    for number in (1, 2):
        ledger.record_attempt(report_id, at=NOW, next_attempt_at=NOW + number)
        (waiting,) = ledger.outbox()
        assert (waiting.attempts, waiting.next_attempt_at) == (number, NOW + number)
        assert waiting.body == body
    with pytest.raises(InputError, match="later"):
        ledger.record_attempt(report_id, at=NOW, next_attempt_at=NOW)
    with pytest.raises(InputError, match="does not wait"):
        ledger.record_attempt("f" * 32, at=NOW, next_attempt_at=NOW + 1)


def test_a_settled_report_never_waits_again(box: Box, ledger: LedgerStore) -> None:
    report_id = box.book(ledger, ledger.genesis.first_reportable_week)
    ledger.settle(report_id, at=NOW + 9, outcome="accepted", detail="counted")
    assert ledger.outbox() == ()
    (disclosure,) = ledger.disclosures()
    assert disclosure.outcome == "accepted"
    assert (disclosure.settled_at, disclosure.detail) == (NOW + 9, "counted")
    with pytest.raises(InputError, match="does not wait"):
        ledger.settle(report_id, at=NOW + 9, outcome="accepted", detail="")
    # Even if its outbox row came back, as from a botched repair, it would not be sent.
    with ledger._database.transaction() as connection:
        connection.execute("INSERT INTO outbox VALUES (?, 0, 0)", (report_id,))
    assert ledger.outbox() == ()
    ledger.check()


def test_only_known_outcomes_are_settled(box: Box, ledger: LedgerStore) -> None:
    report_id = box.book(ledger, ledger.genesis.first_reportable_week)
    with pytest.raises(InputError, match="no outcome 'lost'"):
        ledger.settle(report_id, at=NOW, outcome="lost", detail="")  # type: ignore[arg-type]
    assert len(ledger.outbox()) == 1


def test_a_deletion_calls_off_what_waits_and_the_debits_stay(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    for number in range(3):
        box.book(ledger, week + 13 * number)
    place = ledger.deletions.append("title", at=NOW + 1)
    assert ledger.outbox() == ()
    assert {item.outcome for item in ledger.disclosures()} == {"withdrawn"}
    assert len(ledger.debits()) == 3
    assert ledger.deletions.last() == place
    assert ledger.deletions.append("title", at=NOW) > place  # whatever the clock says


@pytest.mark.parametrize("purpose", Purpose)
def test_a_withdrawal_is_a_deletion_where_anything_rests_on_it(
    box: Box, ledger: LedgerStore, purpose: Purpose
) -> None:
    box.book(ledger, ledger.genesis.first_reportable_week)
    ledger.append_consent(box.decision(purpose))
    assert len(ledger.outbox()) == 1
    ledger.append_consent(box.decision(purpose, given=False))
    deletes = purpose is not Purpose.PROMOTION
    assert (ledger.outbox() == ()) == deletes
    assert (ledger.deletions.last() > 0) == deletes


def test_what_a_release_without_places_left_waiting_is_called_off(
    box: Box, ledger: LedgerStore
) -> None:
    week = ledger.genesis.first_reportable_week
    box.book(ledger, week)
    with ledger._chain.append() as writer:  # as it withdrew
        append_consent(writer, box.decision(given=False))
    box.book(ledger, week + 13)
    assert ledger.deletions.call_off_older(at=NOW) == 1
    assert [entry.week for entry in ledger.outbox()] == [week + 13]
    assert ledger.deletions.call_off_older(at=NOW) == 0


def test_a_report_that_may_no_longer_be_made_closes_its_week(box: Box, ledger: LedgerStore) -> None:
    week = ledger.genesis.first_reportable_week
    assert not box.book(ledger, week, still=lambda: False)
    assert (ledger.debits(), ledger.disclosures(), ledger.outbox()) == ((), (), ())
    assert [entry.reason for entry in ledger.entries()] == [CALLED_OFF]
    assert ledger.closed_weeks() == {week}
    with pytest.raises(PolicyError, match="is closed"):
        box.book(ledger, week)


def test_state_is_replaced_as_a_whole(box: Box, ledger: LedgerStore) -> None:
    assert ledger.state("installation") is None
    for body in (b"one", b"two"):
        ledger.set_state("installation", body)
    ledger.set_state("other", b"three")
    ledger.change_state("other", lambda before: (before or b"") + b" and four")
    assert ledger.state("other") == b"three and four"
    box.close()
    assert box.open().ledger.state("installation") == b"two"
