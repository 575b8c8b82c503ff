"""What the chain says of the time: begun once, repeated only after news, never taken back."""

from __future__ import annotations

import pytest

from edgeagent.clock import WEEK_SECONDS, week_of
from edgeagent.consent import CONSENT_LIFETIME_SECONDS
from edgeagent.store import LedgerStore
from edgeagent.testing.box import NOW, Box


@pytest.fixture
def ledger(box: Box) -> LedgerStore:
    return box.open().ledger


def test_silence_begins_when_the_time_is_first_known(ledger: LedgerStore) -> None:
    later = NOW + 40 * WEEK_SECONDS
    assert ledger.calendar(now=NOW).first_week == week_of(NOW) + 14
    assert ledger.calendar(now=later).first_week == week_of(later) + 14
    ledger.note_known_time(later)
    for now in (0, NOW, later + 100 * WEEK_SECONDS):
        assert ledger.calendar(now=now).first_week == week_of(later) + 14


def test_a_note_is_written_only_when_it_tells_news(box: Box, ledger: LedgerStore) -> None:
    ledger.note_known_time(NOW)
    begun = ledger.tip()
    ledger.note_known_time(NOW + 1)
    assert ledger.tip() == begun  # no write on flash at every update
    ledger.append_consent(box.decision(at=NOW + 2))
    length, _ = ledger.tip()
    ledger.note_known_time(NOW + 3)
    ledger.note_known_time(NOW + 4)
    assert ledger.tip()[0] == length + 1
    assert ledger.calendar(now=0).first_week == week_of(NOW) + 14


def test_a_time_before_the_last_note_is_not_believed(box: Box, ledger: LedgerStore) -> None:
    ledger.note_known_time(NOW)
    ledger.append_consent(box.decision())
    ledger.note_known_time(NOW - 1)
    assert ledger.dated_consents()[0].known_at is None
    ledger.note_known_time(NOW)
    assert ledger.dated_consents()[0].known_at == NOW


def test_a_consent_is_dated_by_the_first_note_after_it(box: Box, ledger: LedgerStore) -> None:
    ledger.note_known_time(NOW - 10)
    ledger.append_consent(box.decision(at=NOW), box.decision(profile="ada", at=NOW))
    ledger.note_known_time(NOW + 5)
    ledger.append_consent(box.decision(at=NOW + 6), clock_was_behind=True)
    ledger.note_known_time(NOW + 7)
    main = ledger.dated_consents("main")
    assert [dated.known_at for dated in main] == [NOW + 5, NOW + 7]
    assert [dated.was_behind for dated in main] == [False, True]
    assert [dated.record.profile for dated in ledger.dated_consents()] == ["main", "main", "ada"]


def test_two_years_run_from_what_is_certain(box: Box, ledger: LedgerStore) -> None:
    ledger.append_consent(box.decision(at=NOW))
    ledger.append_consent(box.decision(at=NOW), clock_was_behind=True)
    right, behind = ledger.dated_consents()
    assert (right.expires_at, behind.expires_at) == (right.record.expires_at, None)
    ledger.note_known_time(NOW + 500)
    right, behind = ledger.dated_consents()
    assert right.expires_at == right.record.expires_at
    assert behind.expires_at == NOW + 500 + CONSENT_LIFETIME_SECONDS
    ledger.append_consent(box.decision(at=NOW + CONSENT_LIFETIME_SECONDS))
    ledger.note_known_time(NOW + 600)
    *_, ahead = ledger.dated_consents()
    assert ahead.expires_at == min(ahead.record.expires_at, NOW + 600 + CONSENT_LIFETIME_SECONDS)
