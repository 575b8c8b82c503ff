from __future__ import annotations

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS, iso_utc
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken
from edgeagent.messages import canonical_bytes, sha256_hex
from edgeagent.notices import notice_digest
from tests.services.conftest import Box


def test_a_receipt_holds_every_decision_with_its_fields(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    given_at = box.clock.now()
    box.clock.advance(60)
    box.agent.withdraw(Purpose.HISTORY, by_signal=True)
    box.grant(Purpose.PERSONALIZATION)
    receipt = box.agent.consent_receipt()
    assert receipt.issued_at == iso_utc(box.clock.now())
    assert receipt.retention_days == 365
    assert receipt.schema_version == "ISO/IEC TS 27560:2023"
    first, second, third = receipt.records
    record = box.agent._home.ledger.consents()[0]
    assert first.record_id == sha256_hex(canonical_bytes(record))
    assert (first.pii_principal_id, first.purpose, first.lawful_basis) == (
        "main",
        Purpose.HISTORY,
        "consent",
    )
    assert (first.event_time, first.event_type) == (iso_utc(given_at), "given")
    assert first.valid_until == iso_utc(given_at + 730 * DAY_SECONDS)
    assert (first.notice_version, first.language) == ("3", "en")
    assert first.notice_sha256 == notice_digest(box.agent.gate.notice())
    assert first.privacy_notice_uri.endswith("notice-3.en.json")
    assert (second.event_type, second.entity_id) == ("withdrawn", "signal")
    assert third.entity_id == "user"
    states = [entry.event_state for entry in receipt.records]
    assert states == ["superseded", "withdrawn", "given"]


def test_what_has_expired_is_said(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.clock.advance(730 * DAY_SECONDS)
    assert box.agent.consent_receipt().records[0].event_state == "expired"


def test_a_receipt_may_be_of_one_profile(box: Box) -> None:
    box.agent.household.create("anna", kind="adult")
    box.grant(Purpose.HISTORY)
    box.grant(Purpose.HISTORY, profile="anna")
    assert len(box.agent.consent_receipt().records) == 2
    (entry,) = box.agent.consent_receipt("anna").records
    assert (entry.pii_principal_id, entry.event_state) == ("anna", "given")


def test_a_receipt_follows_a_rename_and_its_ids_stay(box: Box) -> None:
    box.agent.household.create("anna", kind="adult")
    box.grant(Purpose.HISTORY, profile="anna")
    (before,) = box.agent.consent_receipt("anna").records
    box.agent.household.rename("anna", "bea")
    assert box.agent.consent_receipt("anna").records == ()
    (after,) = box.agent.consent_receipt("bea").records
    assert after == msgspec.structs.replace(before, pii_principal_id="bea")


def test_a_broken_ledger_gives_no_receipt(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.agent.close()
    (box.directory / "ledger.anchor").write_bytes(b"{}")
    box.agent = box.open()
    with pytest.raises(LedgerBroken):
        box.agent.consent_receipt()
