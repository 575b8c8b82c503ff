"""Answers about consent: the state of each purpose, and the receipt of all decisions."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import HintKind, Purpose, Refusal
from edgeagent.messages.terms import TermName

__all__ = [
    "ConsentReceiptShape",
    "ConsentShape",
    "PurposeShape",
    "ReceiptEntryShape",
    "TermChangeShape",
    "TermsShape",
    "Withdrawn",
]


class TermChangeShape(Shape, frozen=True, kw_only=True):
    """A term that is not what it was when the purpose was granted."""

    term: TermName
    """Which one."""
    before: str
    """Its value then; names are separated by commas."""
    now: str
    """Its value now."""
    worse: bool
    """It allows more, so the purpose is off until it is granted again; else it is merely told."""


class PurposeShape(Shape, frozen=True, kw_only=True):
    """Consent for one purpose."""

    purpose: Purpose
    """What the consent is for."""
    title: str
    """Its name in the notice."""
    text: str
    """Its text in the notice."""
    gives: str
    """What the household gets from it."""
    takes: str
    """What it costs the household."""
    granted: bool
    """Whether it is granted now."""
    since: int | None
    """When it was granted, seconds UTC; null when it is off."""
    expires_at: int | None
    """When it lapses unless renewed, seconds UTC; null when it is off."""
    refusal: Refusal | None
    """Why it is off; null when it is on."""
    reason: str
    """The same in words; empty when it is on."""
    changes: tuple[TermChangeShape, ...] = ()
    """What has changed of what was consented to, what is worse first."""
    hint: HintKind | None = None
    """What may be said once beside the switch, from decisions alone; null when there is nothing."""


class ConsentShape(Shape, frozen=True, kw_only=True):
    """Consent of a profile for all purposes, and the notice it refers to."""

    profile: str
    """Whose."""
    notice_version: str
    """Version of the notice."""
    language: str
    """Language of the notice."""
    may_consent: bool
    """False for a child, and for a teen unless the settings count teens as adults: nothing can be
    granted."""
    purposes: tuple[PurposeShape, ...]
    """One for each purpose."""
    hints_on: bool | None = None
    """Whether the household wants hints, for all profiles; null where the settings allow none."""


class Withdrawn(Shape, frozen=True, kw_only=True):
    """Effect of a privacy signal, or of switching everything off."""

    withdrawn: int
    """How many consents it withdrew."""


class TermsShape(Shape, frozen=True, kw_only=True):
    """The most that a notice allows."""

    meanings: dict[str, int]
    """A number for each purpose, raised when its text allows more than the other values say."""
    mechanisms: tuple[str, ...]
    """How noise may be added."""
    odds: str
    """The largest e^ε of a report, an exact fraction."""
    recipients: tuple[str, ...]
    """Hosts that reports may go to."""
    retention_days: int
    """For how many days a viewing is kept at most."""
    schemes: tuple[str, ...]
    """What a report may tell of a session."""
    spacing_weeks: int
    """Fewest weeks from one report to the next."""


class ReceiptEntryShape(Shape, frozen=True, kw_only=True):
    """One decision; field names after ISO/IEC TS 27560, 6.2 to 6.5."""

    record_id: str
    """SHA-256 of the record's canonical JSON, with the profile's name at that time."""
    pii_principal_id: str
    """The profile."""
    privacy_notice_uri: str
    """The notice that was shown."""
    notice_version: str
    """Its version."""
    notice_sha256: str
    """SHA-256 of its text."""
    language: str
    """Its language."""
    purpose: Purpose
    """What the decision is about."""
    lawful_basis: Literal["consent"] = "consent"
    """Always consent."""
    event_time: str
    """When it was made, ISO 8601."""
    event_type: Literal["given", "withdrawn"]
    """What was decided."""
    event_state: Literal["given", "withdrawn", "expired", "superseded"]
    """What has become of the decision by now."""
    entity_id: Literal["user", "signal"]
    """Who decided: the user, or a signal of the platform."""
    valid_until: str
    """When it lapses, ISO 8601."""
    storage_location: Literal["this box"] = "this box"
    """Always this box."""
    terms: TermsShape | None = None
    """The most that the notice allowed; null for its first version, which named no values."""


class ConsentReceiptShape(Shape, frozen=True, kw_only=True):
    """All consent decisions of one profile, or of all."""

    schema_version: Literal["ISO/IEC TS 27560:2023"] = "ISO/IEC TS 27560:2023"
    """The standard it follows."""
    issued_at: str
    """When this receipt was made, ISO 8601."""
    retention_days: int
    """For how many days viewings are kept."""
    records: tuple[ReceiptEntryShape, ...]
    """One for each decision, oldest first."""
