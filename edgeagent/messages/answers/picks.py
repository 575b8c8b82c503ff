"""Answers about rankings: titles with reasons, and the segments of a profile."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.messages.codec import Shape
from edgeagent.messages.creative_names import CreativeId, PlacementName
from edgeagent.messages.fields import EntityId, Fraction01, Seconds, ShortText, SpaceId
from edgeagent.messages.manifest import SegmentLabel

__all__ = [
    "ArtworkShape",
    "PickShape",
    "RankingShape",
    "ReasonShape",
    "SegmentCauseShape",
    "SegmentShape",
    "SegmentsShape",
    "WeekListShape",
    "WeekThemeShape",
]


class ReasonShape(Shape, frozen=True, kw_only=True):
    """One part of a score, or of a segment's probability."""

    kind: Literal["watched", "rest", "new", "popular", "together"]
    """``watched``: a watched title; ``rest``: all viewings that are not named one by one; ``new``,
    ``popular``: the same for every box; ``together``: titles that are watched together."""
    entity_id: EntityId | None = None
    """The watched title; null for parts that no single title causes."""
    title: str = ""
    """Its name."""
    contribution: float
    """In units of the score; all parts add up to it."""
    share_fraction: float
    """|contribution| divided by the sum of all |contributions|, 0 to 1."""


class PickShape(Shape, frozen=True, kw_only=True):
    """One ranked title, its score and the reasons for it."""

    entity_id: EntityId
    """Id of the title."""
    title: ShortText
    """Its name."""
    kind: Literal["film", "series", "episode"]
    """What it is."""
    year: int | None
    """Of its release, where known."""
    genres: tuple[str, ...]
    """Its genres."""
    score: float
    """Higher is better; comparable within one ranking only."""
    reasons: tuple[ReasonShape, ...]
    """Parts that add up to the score, largest |contribution| first; a ranking names the six largest
    viewings, an explanation names all."""
    progress_fraction: Fraction01 | None = None
    """How much of it was watched, of a title to be continued."""
    available_until: Seconds | None = None
    """No longer offered from then on, seconds UTC."""
    drawn: bool = False
    """True for one title in ten, drawn at random from those that nearly made the list, to learn
    about them."""
    own_segments: tuple[int, ...] = ()
    """The few segments that the title itself is nearest to; only of titles with variants."""


class ArtworkShape(Shape, frozen=True, kw_only=True):
    """The variant of a title's artwork or trailer that this household sees."""

    entity_id: EntityId
    """Of the title."""
    kind: Literal["artwork", "trailer"]
    """A picture, or a clip."""
    placement: PlacementName
    """Which form of it, as the catalogue of creatives names it."""
    crid: CreativeId
    """Its id; ``EdgeAgent.whyCreative`` says why, ``EdgeAgent.hideCreative`` stops it."""
    file: str
    """Path on this box; ``EdgeAgent.creativeFile`` returns what is in it."""
    media_type: str
    """Of the file."""


class WeekThemeShape(Shape, frozen=True, kw_only=True):
    """What all titles of a list are."""

    kind: Literal["films", "series"]
    """Films or series."""
    genres: tuple[str, ...]
    """In the words of the catalogue; the second qualifies the first."""


class WeekListShape(Shape, frozen=True, kw_only=True):
    """The list of a profile's week: the same for seven days, beside the ranking of the day."""

    name: str
    """In English, such as "Your week: crime films"."""
    theme: WeekThemeShape | None
    """What the titles have in common; null: nothing but the reasons."""
    reasons: tuple[ReasonShape, ...]
    """The watched titles that raised these the most; at least one."""
    picks: tuple[PickShape, ...]
    """Seven at most, without those that were hidden or ended since."""
    watched: tuple[EntityId, ...]
    """Those of them that were watched since the list was made."""
    profile: str
    """Whose."""
    made_at: int
    """When it was made, seconds UTC."""
    ends_at: int
    """When the next one may be made, seconds UTC; an act of deletion, a withdrawal or another age
    limit ends it sooner."""


class SegmentCauseShape(Shape, frozen=True, kw_only=True):
    """Why the model assigns a segment to the profile."""

    segment: Annotated[int, Meta(ge=0)]
    """Its number."""
    reasons: tuple[ReasonShape, ...]
    """The watched titles that raise its probability."""


class RankingShape(Shape, frozen=True, kw_only=True):
    """Ranked titles, as the command line, the API and the dashboard show them."""

    picks: tuple[PickShape, ...]
    """Best first, then spread over genres, so that scores need not fall all the way."""
    segment_probabilities: tuple[float, ...]
    """Of each segment of the model, in its order; together 1. Empty without a model, and where
    nothing that was watched has weight."""
    segment_causes: tuple[SegmentCauseShape, ...] = ()
    """For the largest segments; empty unless they were asked for."""
    score_spread: float
    """Largest minus smallest score in the catalogue."""
    continue_watching: tuple[PickShape, ...] = ()
    """Titles begun and not finished, the one watched last first."""
    ranked_by: Literal["model", "popularity"] = "model"
    """``popularity``: no model works yet, so that titles are ranked by the catalogue's own
    scores."""
    max_age_rating: int = 21
    """Titles for older people were left out."""
    entitlements: tuple[str, ...] = ()
    """Packages of this box; titles that need another one were left out."""
    space_id: SpaceId | None = None
    """Of the model whose segments are numbered; null: no model worked."""
    profile: str
    """For whom."""
    made_at: int
    """When it was made, seconds UTC."""
    cached: bool
    """Whether it was made before, less the titles watched or ended since."""
    artwork: tuple[ArtworkShape, ...] = ()
    """Variants for titles of this list; a title that is not named shows its standard artwork."""


class SegmentShape(SegmentLabel, Shape, frozen=True, kw_only=True, omit_defaults=False):
    """One segment of the model: its label, and how much of the profile's taste lies in it."""

    id: int
    """Its number in the model."""
    probability: float
    """0 to 1; all segments together 1."""
    reasons: tuple[ReasonShape, ...]
    """The watched titles that raise it; only of the largest segments."""


class SegmentsShape(Shape, frozen=True, kw_only=True):
    """The segments of a profile, largest first; they never leave the box."""

    profile: str
    """Whose."""
    made_at: int
    """When the ranking behind it was made, seconds UTC."""
    segments: tuple[SegmentShape, ...]
    """Largest first."""
    because: tuple[ReasonShape, ...]
    """The watched titles that raised the present picks most; their shares are of all contributions,
    so together at most 1."""
