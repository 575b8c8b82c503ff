"""ReportTask: what the server may ask for, in closed fields only.

The limits in the field types are compiled into the agent: a task that exceeds them does not decode,
so the server cannot weaken a box (promise 5). They are small sets rather than ranges, and the epoch
is the number of the quarter, because reports repeat them: a free number could identify a box.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import MechanismName, SpaceId, WeekNumber
from edgeagent.messages.manifest import TargetReference

__all__ = [
    "MAX_CATEGORIES",
    "MAX_ODDS",
    "MIN_CATEGORIES",
    "PERMITTED_CATEGORIES",
    "PERMITTED_ODDS",
    "PERMITTED_SEGMENTS",
    "TASK_CAP_BYTES",
    "ReportTask",
    "Segmenter",
    "decode_task",
]

TASK_CAP_BYTES = 8192
PERMITTED_CATEGORIES = (9, 17, 33, 65)
"""S'."""
PERMITTED_SEGMENTS = tuple(categories - 1 for categories in PERMITTED_CATEGORIES)
"""S: the last category is "none"."""
MIN_CATEGORIES, MAX_CATEGORIES = min(PERMITTED_CATEGORIES), max(PERMITTED_CATEGORIES)
PERMITTED_ODDS = (Fraction(3), Fraction(2), Fraction(3, 2))
"""e^ε of one report."""
MAX_ODDS = max(PERMITTED_ODDS)
"""ε ≤ 1.0987."""


class Segmenter(Message, frozen=True, kw_only=True):
    """The one model and catalogue that assign segments for a task, named by hash."""

    space_id: SpaceId
    model: TargetReference
    catalogue: TargetReference


class ReportTask(Message, frozen=True, kw_only=True):
    """One measurement: mechanism, number of categories, privacy loss, period and segmenter."""

    mechanism: MechanismName
    categories: Literal[9, 17, 33, 65]
    """S' = S + 1: the segments, then "none"."""
    odds_numerator: Literal[2, 3]
    """e^ε = odds_numerator / odds_denominator: 3, 2 or 3/2, written in these terms; 3 under
    ``discrete_laplace``, whose parameters are fixed."""
    odds_denominator: Literal[1, 2]
    epoch: Annotated[int, Meta(ge=0, le=9999)]
    """The number of the quarter whose weeks it covers. Segments keep their meaning for a quarter,
    so that one sum never mixes two meanings."""
    first_week: WeekNumber
    """There are no reports for earlier weeks."""
    segmenter: Segmenter
    sensitive: Annotated[
        tuple[Annotated[int, Meta(ge=0, lt=MAX_CATEGORIES)], ...],
        Meta(max_length=MAX_CATEGORIES - 1),
    ] = ()
    """Segment ids whose sessions count as "none"."""

    def __post_init__(self) -> None:
        """Raise for odds outside the set and sensitive ids that are not segments."""
        permitted = PERMITTED_ODDS if self.mechanism == "subset_selection" else (MAX_ODDS,)
        if self.odds not in permitted:
            message = f"e^epsilon {self.odds} is none of {', '.join(map(str, permitted))}"
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
        """The task's name in reports; built from closed fields, so it cannot identify a box."""
        odds = self.odds
        return (
            f"{self.mechanism}.{self.categories}.{odds.numerator}-{odds.denominator}.{self.epoch}"
        )


def decode_task(data: bytes) -> ReportTask:
    """Decode a task (≤ 8 KiB, canonical).

    Raises:
        MalformedMessage: a field is missing, unknown, or exceeds a compiled limit.

    """
    return decode(data, ReportTask, cap_bytes=TASK_CAP_BYTES, canonical=True)
