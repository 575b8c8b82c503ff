"""The export file: everything the box stores about its household, and every report it made.

``export.schema.json`` beside this file is the JSON Schema of :class:`BoxExport`; a test compares
the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edgeagent.consent import ConsentRecord
from edgeagent.messages import Picks
from edgeagent.messages.codec import Message, decode
from edgeagent.messages.creative_names import CreativeId, PartyName, PlacementName
from edgeagent.messages.fields import (
    AgeLimit,
    AppName,
    EntityId,
    Fraction01,
    Outcome,
    ProfileName,
    ProgressSeconds,
    RetentionDays,
    Seconds,
    ShortText,
    WeekNumber,
)
from edgeagent.messages.week_list import WeekList

__all__ = [
    "EXPORT_CAP_BYTES",
    "BoxExport",
    "ExportedCreativeMark",
    "ExportedEntry",
    "ExportedMark",
    "ExportedPicks",
    "ExportedProfile",
    "ExportedReport",
    "ExportedShowing",
    "ExportedViewing",
    "ExportedWeek",
    "decode_export",
    "published_schema",
]

EXPORT_CAP_BYTES = 256 * 1024 * 1024
"""The largest export that is read: a year of 2,000 viewings a day in ten profiles."""

_Odds = Annotated[int, Meta(ge=1, le=1000)]


class ExportedViewing(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One viewing."""

    entity_id: EntityId
    watched_on: Seconds
    progress_fraction: Fraction01 | None = None
    progress_seconds: ProgressSeconds | None = None
    completed: bool = False
    source: Literal["watched", "imported"] = "watched"
    teen: bool = False
    """Whether the app marked it as a teen's, in any profile."""
    app: AppName | None = None
    """Which app told of it; ``None``: no app."""


class ExportedMark(Message, frozen=True, kw_only=True):
    """A title that is hidden or not used as a reason."""

    entity_id: EntityId
    mark: Literal["hidden", "not_reason"]
    marked_at: Seconds


class ExportedPicks(Message, frozen=True, kw_only=True):
    """The last picks, with the household's segments; not imported, but computed again."""

    made_at: Seconds
    picks: Picks


class ExportedWeek(Message, frozen=True, kw_only=True):
    """The list of the week; not imported, but made again."""

    made_at: Seconds
    week: WeekList


class ExportedShowing(Message, frozen=True, kw_only=True):
    """A promo or ad that was on the screen; not imported, because caps are those of one screen."""

    crid: CreativeId
    advertiser: PartyName
    cat: PartyName
    placement: PlacementName
    shown_at: Seconds


class ExportedCreativeMark(Message, frozen=True, kw_only=True):
    """A creative, advertiser or category that is not to be shown."""

    kind: Literal["creative", "advertiser", "category"]
    name: PartyName
    marked_at: Seconds


class ExportedProfile(Message, frozen=True, kw_only=True, omit_defaults=True):
    """All data of one profile. Lists of promos are left out where they are empty."""

    name: ProfileName
    kind: Literal["adult", "teen", "kid"]
    created_at: Seconds
    viewings: tuple[ExportedViewing, ...]
    marks: tuple[ExportedMark, ...]
    last_picks: ExportedPicks | None
    week_list: ExportedWeek | None = None
    shown: tuple[ExportedShowing, ...] = ()
    hidden_creatives: tuple[ExportedCreativeMark, ...] = ()
    age_limit: AgeLimit | None = None
    """The highest age rating that it is shown; ``None``: what its kind allows."""


class ExportedEntry(Message, frozen=True, kw_only=True):
    """The privacy ledger's entry for one week."""

    week: WeekNumber
    entry: Literal["drawn", "missed", "imported"]
    odds_numerator: _Odds | None
    odds_denominator: _Odds | None
    entered_at: Seconds
    reason: str


class ExportedReport(Message, frozen=True, kw_only=True):
    """A report as it was or will be sent; its debit is the ledger's entry of the same week."""

    report_id: str
    week: WeekNumber
    task: ShortText
    body: str
    """The exact 512 bytes."""
    drawn_at: Seconds
    due_at: Seconds
    recipient: str
    meaning: str
    settled_at: Seconds | None
    outcome: Outcome | None
    detail: str | None


class BoxExport(Message, frozen=True, kw_only=True):
    """An export file. Times are seconds since 1970-01-01T00:00:00Z."""

    format: Literal["edgeagent export 1"] = "edgeagent export 1"
    exported_at: Seconds
    active_profile: ProfileName
    retention_days: RetentionDays | None
    profiles: tuple[ExportedProfile, ...]
    consents: tuple[ConsentRecord, ...]
    ledger: tuple[ExportedEntry, ...]
    reports: tuple[ExportedReport, ...]


def decode_export(data: bytes) -> BoxExport:
    """Decode an export file.

    Raises:
        MalformedMessage: with the path of the field at fault.

    """
    return decode(data, BoxExport, cap_bytes=EXPORT_CAP_BYTES)


def published_schema() -> bytes:
    """Return the JSON Schema that ships with the package."""
    return Path(__file__).with_name("export.schema.json").read_bytes()


def generated_schema() -> bytes:
    """Return the JSON Schema made from the types; the published file must equal it."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(BoxExport))) + b"\n"
