"""ReportTask: what the server may ask, in closed fields only.

The limits in the field types are compiled into the agent: a task beyond them does not decode, so
the server cannot weaken a box (promise 5).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from msgspec import Meta

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import MechanismName, SpaceId, WeekNumber
from edgeagent.messages.manifest import TargetReference

__all__ = [
    "MAX_CATEGORIES",
    "MAX_ODDS",
    "MIN_CATEGORIES",
    "TASK_CAP_BYTES",
    "ReportTask",
    "Segmenter",
    "decode_task",
]

TASK_CAP_BYTES = 8192
MIN_CATEGORIES = 8
MAX_CATEGORIES = 65
MAX_ODDS = Fraction(3)
"""Largest e^ε of one report (ε ≤ 1.0987)."""
_MAX_TERM = 1000


class Segmenter(Message, frozen=True, kw_only=True):
    """The one model and catalogue that assign segments for a task, named by hash."""

    space_id: SpaceId
    model: TargetReference
    catalogue: TargetReference


class ReportTask(Message, frozen=True, kw_only=True):
    """One measurement: which mechanism, how many categories, at what privacy loss, how read."""

    mechanism: MechanismName
    categories: Annotated[int, Meta(ge=MIN_CATEGORIES, le=MAX_CATEGORIES)]
    """S' = S + 1: the segments, then "none"."""
    odds_numerator: Annotated[int, Meta(ge=2, le=_MAX_TERM)]
    """e^ε = odds_numerator / odds_denominator, an exact rational with 1 < e^ε ≤ 3."""
    odds_denominator: Annotated[int, Meta(ge=1, le=_MAX_TERM)]
    epoch: Annotated[int, Meta(ge=0, le=9999)]
    """Changes whenever segments change their meaning, so that one sum never mixes two."""
    first_week: WeekNumber
    """Reports for earlier weeks are not asked for."""
    segmenter: Segmenter
    sensitive: Annotated[
        tuple[Annotated[int, Meta(ge=0, lt=MAX_CATEGORIES)], ...], Meta(max_length=64)
    ] = ()
    """Segment ids whose sessions count as "none"."""

    def __post_init__(self) -> None:
        """Refuse odds outside (1, 3] and sensitive ids that are no segment."""
        if not 1 < self.odds <= MAX_ODDS:
            message = f"e^epsilon {self.odds} is outside (1, {MAX_ODDS}]"
            raise ValueError(message)
        if any(segment >= self.categories - 1 for segment in self.sensitive):
            message = "sensitive names a segment that does not exist"
            raise ValueError(message)

    @property
    def odds(self) -> Fraction:
        """e^ε as an exact fraction."""
        return Fraction(self.odds_numerator, self.odds_denominator)

    @property
    def none_category(self) -> int:
        """The category of a week without a countable session: the last one."""
        return self.categories - 1

    @property
    def name(self) -> str:
        """The string a report carries; built from closed fields, so it cannot tag a box."""
        odds = self.odds
        return (
            f"{self.mechanism}.{self.categories}.{odds.numerator}-{odds.denominator}.{self.epoch}"
        )


def decode_task(data: bytes) -> ReportTask:
    """Decode a task (≤ 8 KiB, canonical).

    Raises:
        MalformedMessage: a field is missing, unknown, or beyond a compiled limit.

    """
    return decode(data, ReportTask, cap_bytes=TASK_CAP_BYTES, canonical=True)
