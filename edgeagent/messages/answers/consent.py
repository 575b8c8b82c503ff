"""Answers about consent: how each purpose stands, and every decision for the record."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import Purpose, Refusal

__all__ = ["ConsentReceiptShape", "ConsentShape", "PurposeShape", "ReceiptEntryShape", "Withdrawn"]


class PurposeShape(Shape, frozen=True, kw_only=True):
    """One switch."""

    purpose: Purpose
    title: str
    text: str
    gives: str
    """What the household gets from it."""
    takes: str
    """What it costs the household."""
    granted: bool
    since: int | None
    expires_at: int | None
    refusal: Refusal | None
    """Why it is off; null when it is on."""
    reason: str
    """Likewise, in words; empty when it is on."""


class ConsentShape(Shape, frozen=True, kw_only=True):
    """All switches of a profile, and the notice they refer to."""

    profile: str
    notice_version: str
    language: str
    may_consent: bool
    """False for a child, and for a teen unless the settings count teens as adults: nothing can be
    switched on."""
    purposes: tuple[PurposeShape, ...]


class Withdrawn(Shape, frozen=True, kw_only=True):
    """How many consents a signal ended."""

    withdrawn: int


class ReceiptEntryShape(Shape, frozen=True, kw_only=True):
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
    event_state: Literal["given", "withdrawn", "expired", "superseded"]
    """What has become of the decision by now."""
    entity_id: Literal["user", "signal"]
    """Who decided."""
    valid_until: str
    storage_location: Literal["this box"] = "this box"


class ConsentReceiptShape(Shape, frozen=True, kw_only=True):
    """All decisions of one profile, or of all."""

    schema_version: Literal["ISO/IEC TS 27560:2023"] = "ISO/IEC TS 27560:2023"
    issued_at: str
    retention_days: int
    records: tuple[ReceiptEntryShape, ...]
