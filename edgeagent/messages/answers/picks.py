"""Answers about picks: what was picked and why, and what the box makes of the household."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import EntityId, Fraction01, Seconds, ShortText
from edgeagent.messages.manifest import SegmentLabel

__all__ = [
    "PickShape",
    "RankingShape",
    "ReasonShape",
    "SegmentCauseShape",
    "SegmentShape",
    "SegmentsShape",
]


class ReasonShape(Shape, frozen=True, kw_only=True):
    """One part of a score, or of a segment."""

    kind: Literal["watched", "rest", "new", "popular", "together"]
    """``rest``: all viewings that are not named one by one."""
    entity_id: EntityId | None = None
    """The watched title that caused it; absent for parts that no single title causes."""
    title: str = ""
    contribution: float
    """In units of the score; all parts add up to it."""
    share_fraction: float
    """|contribution| as a part of the sum of all |contributions|, 0–1."""


class PickShape(Shape, frozen=True, kw_only=True):
    """One ranked title, its score and why."""

    entity_id: EntityId
    title: ShortText
    kind: Literal["film", "series", "episode"]
    year: int | None
    genres: tuple[str, ...]
    score: float
    reasons: tuple[ReasonShape, ...]
    progress_fraction: Fraction01 | None = None
    """How far it was watched, of a title to be continued."""
    available_until: Seconds | None = None
    """Gone from then on, seconds UTC."""
    drawn: bool = False
    """One in ten: drawn from what nearly made the list, to learn about it."""


class SegmentCauseShape(Shape, frozen=True, kw_only=True):
    """Why the household's mix holds a segment."""

    segment: Annotated[int, Meta(ge=0)]
    reasons: tuple[ReasonShape, ...]


class RankingShape(Shape, frozen=True, kw_only=True):
    """Picks as every door shows them: the command line, the API and the dashboard."""

    picks: tuple[PickShape, ...]
    segment_probabilities: tuple[float, ...]
    segment_causes: tuple[SegmentCauseShape, ...] = ()
    score_spread: float
    continue_watching: tuple[PickShape, ...] = ()
    ranked_by: Literal["model", "popularity"] = "model"
    max_age_rating: int = 21
    entitlements: tuple[str, ...] = ()
    profile: str
    made_at: int
    """Seconds UTC."""
    cached: bool
    """Whether these are picks made before, less what was watched or has ended since."""


class SegmentShape(SegmentLabel, Shape, frozen=True, kw_only=True, omit_defaults=False):
    """One segment: its label, and how much of the household's taste lies in it."""

    id: int
    probability: float
    reasons: tuple[ReasonShape, ...]
    """The watched titles without which it would be smaller; of the largest segments."""


class SegmentsShape(Shape, frozen=True, kw_only=True):
    """The household's own mix, largest part first; it never leaves the box."""

    profile: str
    made_at: int
    segments: tuple[SegmentShape, ...]
    because: tuple[ReasonShape, ...]
    """The watched titles that raised the present picks most, each with its part of all their
    weight: together at most 1."""
