"""ReportTask: what the server may ask for, in closed fields only.

The limits in the field types are compiled into the agent: a task that exceeds them does not decode,
so the server cannot weaken a box (promise 5). They are small sets rather than ranges, and the epoch
is the number of the quarter, because reports repeat them: a free number could identify a box.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, UnsetType

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import Daypart, MechanismName, SchemeName, SpaceId, WeekNumber
from edgeagent.messages.manifest import TargetReference

__all__ = [
    "DAYPARTS",
    "EARLIEST_ZONE_MINUTES",
    "LATEST_ZONE_MINUTES",
    "MAX_CATEGORIES",
    "MAX_ODDS",
    "MIN_CATEGORIES",
    "PERMITTED_CATEGORIES",
    "PERMITTED_GROUPS",
    "PERMITTED_ODDS",
    "PERMITTED_SEGMENTS",
    "TASK_CAP_BYTES",
    "GroupDayparts",
    "ReportTask",
    "Segmenter",
    "decode_task",
]

TASK_CAP_BYTES = 8192
PERMITTED_CATEGORIES = (9, 17, 33, 65)
"""S'."""
PERMITTED_SEGMENTS = tuple(categories - 1 for categories in PERMITTED_CATEGORIES)
"""S: the last category is "none"."""
DAYPARTS: tuple[Daypart, ...] = get_args(Daypart)
"""Six hours each, from midnight on: four are as many as fit beside 8 groups into 33 categories."""
PERMITTED_GROUPS = (4, 8)
"""G: with four parts of the day and "none" they make 17 and 33 categories."""
EARLIEST_ZONE_MINUTES, LATEST_ZONE_MINUTES = -12 * 60, 14 * 60
"""Of all zones on earth."""
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


class GroupDayparts(Message, frozen=True, kw_only=True):
    """Category scheme ``group_daypart``: groups of segments, each in four parts of the day.

    Group and daypart make a category: 4 × group + place in ``DAYPARTS``.
    """

    groups: Annotated[
        tuple[Annotated[int, Meta(ge=0, lt=max(PERMITTED_GROUPS))], ...],
        Meta(min_length=min(PERMITTED_SEGMENTS), max_length=max(PERMITTED_SEGMENTS)),
    ]
    """The group of each segment; of a sensitive one it says nothing."""
    utc_offset_minutes: Annotated[int, Meta(ge=EARLIEST_ZONE_MINUTES, le=LATEST_ZONE_MINUTES)]
    """The zone in which the parts of the day are told, in quarters of an hour: the same for every
    box and all quarter, so that no box needs a table of zones."""

    def __post_init__(self) -> None:
        """Raise for a zone that there is not and for numbers of segments that no model has."""
        if self.utc_offset_minutes % 15:
            message = f"utc_offset_minutes {self.utc_offset_minutes} is no quarter of an hour"
            raise ValueError(message)
        if len(self.groups) not in PERMITTED_SEGMENTS:
            message = f"groups has {len(self.groups)} segments, which no model has"
            raise ValueError(message)

    @property
    def categories(self) -> int:
        """S' of the fewest permitted groups that hold these, "none" included."""
        groups = next(number for number in PERMITTED_GROUPS if max(self.groups) < number)
        return len(DAYPARTS) * groups + 1


class ReportTask(Message, frozen=True, kw_only=True):
    """One measurement: mechanism, categories, privacy loss, period and segmenter."""

    mechanism: MechanismName
    categories: Literal[9, 17, 33, 65]
    """S' = S + 1: the segments, then "none"; with ``by_group`` 4 G + 1."""
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
    """Segment ids whose sessions count as "none"; this comes before grouping."""
    by_group: GroupDayparts | UnsetType = UNSET
    """Set where the scheme is ``group_daypart``. A task of segments lacks the field, so that its
    bytes are those of releases before there was a choice, which refuse any other."""

    def __post_init__(self) -> None:
        """Raise for odds outside the set, sensitive ids that are not segments, and wrong groups."""
        permitted = PERMITTED_ODDS if self.mechanism == "subset_selection" else (MAX_ODDS,)
        if self.odds not in permitted:
            message = f"e^epsilon {self.odds} is none of {', '.join(map(str, permitted))}"
            raise ValueError(message)
        if any(segment >= self.segments for segment in self.sensitive):
            message = "sensitive names a segment that does not exist"
            raise ValueError(message)
        if self.by_group is not UNSET:
            groups = (self.categories - 1) // len(DAYPARTS)
            if groups not in PERMITTED_GROUPS or max(self.by_group.groups) >= groups:
                message = f"{self.categories} categories do not hold these groups"
                raise ValueError(message)

    @property
    def odds(self) -> Fraction:
        """e^ε as an exact fraction."""
        return Fraction(self.odds_numerator, self.odds_denominator)

    @property
    def scheme(self) -> SchemeName:
        """What a category tells of a session."""
        return "segment" if self.by_group is UNSET else "group_daypart"

    @property
    def segments(self) -> int:
        """S: how many segments its segmenter tells apart."""
        return self.categories - 1 if self.by_group is UNSET else len(self.by_group.groups)

    @property
    def empty_categories(self) -> frozenset[int]:
        """The categories that no session counts as, so that their counts are noise alone."""
        if self.by_group is UNSET:
            return frozenset(self.sensitive)
        counted = {
            group
            for segment, group in enumerate(self.by_group.groups)
            if segment not in self.sensitive
        }
        return frozenset(
            category
            for category in range(self.none_category)
            if category // len(DAYPARTS) not in counted
        )

    @property
    def none_category(self) -> int:
        """The category of a week without a countable session: the last one."""
        return self.categories - 1

    @property
    def name(self) -> str:
        """The task's name in reports; built from closed fields, so it cannot identify a box."""
        odds = f"{self.odds.numerator}-{self.odds.denominator}"
        scheme = () if self.by_group is UNSET else (self.scheme,)
        return ".".join(map(str, (self.mechanism, *scheme, self.categories, odds, self.epoch)))


def decode_task(data: bytes) -> ReportTask:
    """Decode a task (≤ 8 KiB, canonical).

    Raises:
        MalformedMessage: a field is missing, unknown, or exceeds a compiled limit.

    """
    return decode(data, ReportTask, cap_bytes=TASK_CAP_BYTES, canonical=True)
