"""The field types of messages: constrained values and enumerations."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, get_args

from msgspec import Meta

__all__ = [
    "HISTORY_PAGE",
    "LAST_SECOND",
    "MAIN_PROFILE",
    "MAX_AGE_RATING",
    "MAX_PICKS",
    "MAX_PROGRESS_SECONDS",
    "MAX_RETENTION_DAYS",
    "MIN_DAYS_WHILE_REPORTING",
    "UNKNOWN_AGE",
    "AgeLimit",
    "AgePolicy",
    "AgeRating",
    "AppName",
    "CreativesChange",
    "Daypart",
    "Dimension",
    "EntityId",
    "ErasureReason",
    "FigureName",
    "Fraction01",
    "HeadName",
    "HintKind",
    "LanguageCode",
    "MechanismName",
    "Obstacle",
    "Outcome",
    "PickLimit",
    "Pin",
    "ProfileName",
    "ProgressSeconds",
    "Purpose",
    "Refusal",
    "RetentionDays",
    "SchemeName",
    "Seconds",
    "Sha256",
    "ShortText",
    "SpaceId",
    "TargetPath",
    "TaskName",
    "WeekNumber",
]

# \Z, since $ also matches before a newline at the end.
# Entity ids come from apps: any printable text without control characters, as Firebolt allows.
EntityId = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
ProfileName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Pin = Annotated[str, Meta(pattern=r"^[0-9]{4,12}\Z")]
"""The PIN of the profile lock, as a remote control types it; no error names it."""
MAIN_PROFILE = "main"
"""The profile that every box has from the start; it cannot be renamed or removed."""
ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
SpaceId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
# Relative, no dot segments: a target path is also a file name below the targets directory.
TargetPath = Annotated[str, Meta(max_length=200, pattern=r"^[a-z0-9]+(/[a-z0-9][a-z0-9._-]*)+\Z")]
Fraction01 = Annotated[float, Meta(ge=0.0, le=1.0)]
LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the last moment that ISO 8601 writes with a four-digit year."""
Seconds = Annotated[int, Meta(ge=0, le=LAST_SECOND)]
WeekNumber = Annotated[int, Meta(ge=0, le=418_993)]
LanguageCode = Annotated[str, Meta(pattern=r"^[a-z]{2}\Z")]
MAX_AGE_RATING = 21
UNKNOWN_AGE = MAX_AGE_RATING
"""Stands in a catalogue for an age that is said and cannot be read: above every rating that can, so
that boxes keep it from everyone who is not of age."""
AgeRating = Annotated[int, Meta(ge=0, le=MAX_AGE_RATING)]
"""The minimum age for a title; 21 is the highest in use."""
AgeLimit = Annotated[int, Meta(ge=0, le=UNKNOWN_AGE - 1)]
"""The highest age rating that a profile is shown; what is of unknown age is above every limit."""
AppName = Annotated[
    str, Meta(pattern=r"^(user:[0-9]{1,10}|label:[^\x00-\x1f\x7f]{1,32}|websocket)\Z")
]
"""Which app told of a viewing: a user of the system by its number, on the unix socket; a label that
the platform put into the address of the WebSocket; else any app there."""
MAX_PROGRESS_SECONDS = 604_800
ProgressSeconds = Annotated[int, Meta(ge=0, le=MAX_PROGRESS_SECONDS)]
"""How much of a title was watched, at most a week: no title is longer."""
MIN_DAYS_WHILE_REPORTING = 8
"""A reporting week must be complete when it is drawn; pruning part of it would bias it to
"none"."""
MAX_RETENTION_DAYS = 365
RetentionDays = Annotated[int, Meta(ge=1, le=MAX_RETENTION_DAYS)]
"""How long viewings are kept: at most a year, whatever the settings say."""
MAX_PICKS = 1000
PickLimit = Annotated[int, Meta(ge=1, le=MAX_PICKS)]
HISTORY_PAGE = 500
"""The most viewings in one answer, or in memory at a time when reading all."""
Dimension = Annotated[int, Meta(ge=1, le=1024)]
"""D: the dimension of the vectors of a model and its catalogue."""
AgePolicy = Literal["app:adult", "app:teen", "app:child"]
HeadName = Literal["foldin", "linear", "timescales", "blend"]
MechanismName = Literal["subset_selection", "discrete_laplace"]
TaskName = Annotated[
    str,
    Meta(
        max_length=48,
        pattern=rf"^({'|'.join(get_args(MechanismName))})(\.group_daypart)?"
        r"\.[0-9]{1,2}\.[0-9]{1,4}-[0-9]{1,4}\.[0-9]{1,4}\Z",
    ),
]
"""Mechanism, scheme if it is not ``segment``, categories, e^ε as a fraction, and quarter: what a
report carries."""
CreativesChange = Literal["none", "fetched", "taken_back"]
"""What a fetch did to the creatives in use and their files; ``taken_back``: all are gone."""
SchemeName = Literal["segment", "group_daypart"]
"""What a report may tell of a session: its segment, or its group of segments and part of day."""
Daypart = Literal["night", "morning", "afternoon", "evening"]
"""A quarter of the day, from midnight on, in a zone that is stated beside it."""
FigureName = Literal["viewings", "profiles", "allowed", "retention_days", "reports", "epsilon"]
"""What a quarter's page compares: viewings kept, profiles, purposes granted, days that viewings are
kept, reports drawn within 13 weeks, and ε spent in 52 weeks."""
ErasureReason = Literal["loss_of_consent", "user_request", "account_deletion", "profile_deletion"]
HintKind = Literal["undecided", "unused"]
"""Why a household is told about a consent once: nobody has decided, or it has served nothing for a
year."""
Outcome = Literal["accepted", "refused", "expired", "withdrawn", "other_server"]
"""The outcome of a report."""
Refusal = Literal["never_asked", "withdrawn", "lapsed", "other_notice"]
"""Why a purpose is off. ``other_notice``: it would go further than what was consented to."""


class Purpose(StrEnum):
    """The purposes a household can consent to, each separately; all are off until granted."""

    HISTORY = "history"
    PERSONALIZATION = "personalization"
    REPORTING = "reporting"
    PROMOTION = "promotion"


class Obstacle(StrEnum):
    """Why there is no report."""

    SERVER = "server"
    OFF = "off"
    CONFLICT = "conflict"
    LEDGER = "ledger"
    TIME = "time"
    SILENCE = "silence"
    ON_TIME = "on_time"
    TASK = "task"
    STOPPED = "stopped"
    LATER = "later"
    QUARTER = "quarter"
    LIMITS = "limits"
    CONSENT = "consent"
    SEGMENTER = "segmenter"
