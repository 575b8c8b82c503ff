"""The consent receipt: every decision with the fields of ISO/IEC TS 27560:2023 that apply here.

A box has no accounts: the principal is a profile, the controller is the company that shipped the
box, and the personal data stay in the box. Decisions are listed by profile, in the order in which
they were made; a renamed profile has all of them under its present name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET

from edgeagent.clock import iso_utc
from edgeagent.consent import DatedConsent, Purpose
from edgeagent.messages.codec import Message, canonical_bytes, sha256_hex
from edgeagent.messages.terms import Terms
from edgeagent.notices import notice_file
from edgeagent.store import LedgerStore

__all__ = ["ConsentReceipt", "ReceiptEntry", "consent_receipt"]

State = Literal["given", "withdrawn", "expired", "superseded"]


class ReceiptEntry(Message, frozen=True, kw_only=True):
    """One decision; field names after TS 27560, 6.2 to 6.5."""

    record_id: str
    """SHA-256 of the record's canonical JSON, with the name under which it was made."""
    pii_principal_id: str
    """The profile."""
    privacy_notice_uri: str
    notice_version: str
    notice_sha256: str
    language: str
    purpose: Purpose
    lawful_basis: Literal["consent"] = "consent"
    event_time: str
    event_type: Literal["given", "withdrawn"]
    event_state: State
    """The decision's state now."""
    entity_id: Literal["user", "signal"]
    """Who decided."""
    valid_until: str
    storage_location: Literal["this box"] = "this box"
    terms: Terms | None = None
    """The most that the notice allowed; the first version named no values."""


class ConsentReceipt(Message, frozen=True, kw_only=True):
    """All decisions of one profile or of all profiles."""

    schema_version: Literal["ISO/IEC TS 27560:2023"] = "ISO/IEC TS 27560:2023"
    issued_at: str
    retention_days: int
    records: tuple[ReceiptEntry, ...]


def consent_receipt(
    ledger: LedgerStore, *, profile: str | None, retention_days: int, now: int
) -> ConsentReceipt:
    """Return every decision of one profile or of all profiles.

    Raises:
        LedgerBroken: the decisions cannot be trusted.

    """
    ledger.check()
    records = ledger.dated_consents(profile)
    return ConsentReceipt(
        issued_at=iso_utc(now),
        retention_days=retention_days,
        records=tuple(
            _entry(record, records[number + 1 :], now) for number, record in enumerate(records)
        ),
    )


def _entry(dated: DatedConsent, later: Sequence[DatedConsent], now: int) -> ReceiptEntry:
    record, expires_at = dated.record, dated.expires_at
    return ReceiptEntry(
        record_id=sha256_hex(canonical_bytes(record)),
        pii_principal_id=dated.profile,
        privacy_notice_uri="edgeagent/notices/"
        + notice_file(record.notice_version, record.notice_language),
        notice_version=record.notice_version,
        notice_sha256=record.notice_sha256,
        language=record.notice_language,
        purpose=record.purpose,
        event_time=iso_utc(record.at),
        event_type=record.event,
        event_state=_state(dated, later, now),
        entity_id=record.actor,
        valid_until=iso_utc(record.expires_at if expires_at is None else expires_at),
        terms=None if record.terms is UNSET else record.terms,
    )


def _state(dated: DatedConsent, later: Sequence[DatedConsent], now: int) -> State:
    record, expires_at = dated.record, dated.expires_at
    key = (dated.profile, record.purpose)
    if any((other.profile, other.record.purpose) == key for other in later):
        return "superseded"
    if record.event == "withdrawn":
        return "withdrawn"
    return "given" if expires_at is None or now < expires_at else "expired"
