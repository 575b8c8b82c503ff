"""Requests to the scoring child and its answers: plain values, never a key, over a pipe.

The resident scorer uses the same types, so that both variants run the same code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.messages.codec import Message
from edgeagent.messages.fields import (
    MAX_AGE_RATING,
    AgeRating,
    EntityId,
    Fraction01,
    PickLimit,
    Seconds,
    Sha256,
    ShortText,
    SpaceId,
)
from edgeagent.messages.packed_viewings import PackedViewings
from edgeagent.messages.viewing import Viewing

__all__ = [
    "ModelFiles",
    "Pick",
    "Picks",
    "RankRequest",
    "Reason",
    "SegmentAnswer",
    "SegmentCause",
    "SegmentRequest",
    "SplitAnswer",
    "SplitRequest",
    "TrialAnswer",
    "TrialRequest",
]


class ModelFiles(Message, frozen=True, kw_only=True):
    """The paths of a verified model and its catalogue, and their hashes."""

    model_path: str
    model_sha256: Sha256
    catalogue_path: str
    catalogue_sha256: Sha256


class RankRequest(Message, frozen=True, kw_only=True):
    """Rank the catalogue for one history window."""

    files: ModelFiles
    now: Seconds
    history: PackedViewings
    hidden: tuple[EntityId, ...] = ()
    """Neither shown nor given weight."""
    not_reasons: tuple[EntityId, ...] = ()
    """Given no weight, but still counted as watched, so they are not shown as new."""
    max_age_rating: AgeRating = MAX_AGE_RATING
    """Titles with a higher age rating are left out."""
    entitlements: tuple[ShortText, ...] = ()
    """The box's packages; titles that need another are left out."""
    limit: PickLimit = 10
    """For each of the two lists: new titles and titles to be continued."""
    explain: EntityId | None = None
    """Explain this title instead of ranking."""
    exploration_seed: Annotated[int, Meta(ge=0, lt=2**62)] | None = None
    """Seed for the one pick in ten that is drawn; ``None``: no pick is drawn."""
    why_segments: bool = False
    """Also explain the segments of the mix; runs the encoder again for each of a dozen titles."""
    own_segments_of: tuple[EntityId, ...] = ()
    """State the own segments of these titles where they are picked: they have artwork variants."""
    popular: bool = False
    """Rank by the catalogue's own score (popularity); the model file is not opened."""


class Reason(Message, frozen=True, kw_only=True, gc=False):
    """One part of a score."""

    kind: Literal["watched", "rest", "new", "popular", "together"]
    """``rest``: all viewings that are not listed individually."""
    entity_id: EntityId | None = None
    """The watched title that caused it; ``None`` for parts without a single title."""
    title: str = ""
    contribution: float
    """In units of the score; all parts add up to it."""
    share_fraction: float
    """|contribution| divided by the sum of all |contributions|, 0–1."""


class Pick(Message, frozen=True, kw_only=True):
    """One ranked title, its score and why."""

    entity_id: EntityId
    title: ShortText
    kind: Literal["film", "series", "episode"]
    year: int | None
    genres: tuple[str, ...]
    score: float
    reasons: tuple[Reason, ...]
    """The parts, largest |contribution| first; they add up to ``score`` within 1e-4 of the score
    spread. A ranking names the six largest viewings, an explanation names all."""
    progress_fraction: Fraction01 | None = None
    """How far a title to be continued was watched."""
    available_until: Seconds | None = None
    """Not available from then on, seconds UTC."""
    drawn: bool = False
    """Whether it was drawn for exploration from the titles that nearly made the list (one in
    ten)."""
    own_segments: tuple[Annotated[int, Meta(ge=0)], ...] = ()
    """The few segments that the title itself is nearest to, the nearest first; the same for every
    box with this model. Only where requested, and where the model knows the title."""


class SegmentCause(Message, frozen=True, kw_only=True):
    """Why the household's mix contains a segment."""

    segment: Annotated[int, Meta(ge=0)]
    reasons: tuple[Reason, ...]
    """The watched titles without which its share would be smaller, largest effect first; each with
    the difference as a fraction 0-1 of the mix."""


class Picks(Message, frozen=True, kw_only=True):
    """The answer to a :class:`RankRequest`."""

    picks: tuple[Pick, ...]
    """New titles, and the next episode of each series begun; ordered by score, then diversified, so
    that scores need not decrease throughout."""
    segment_probabilities: tuple[float, ...]
    """The household's own mix, for its own dashboard; sums to 1. Empty without a model or without
    viewings that carry weight."""
    segment_causes: tuple[SegmentCause, ...] = ()
    """The causes of its largest segments, largest first; empty unless requested."""
    score_spread: float
    """Largest minus smallest score in the catalogue: the unit of the tolerance above."""
    continue_watching: tuple[Pick, ...] = ()
    """Begun and not finished, last watched first."""
    ranked_by: Literal["model", "popularity"] = "model"
    """``popularity``: no model worked, and the scores are the catalogue's own."""
    max_age_rating: int = 21
    """As requested: stored picks are shown again only for the same limit and packages."""
    entitlements: tuple[str, ...] = ()
    space_id: SpaceId | None = None
    """Of the model whose segments are numbered; ``None``: no model worked."""


class SplitRequest(Message, frozen=True, kw_only=True):
    """Split viewings into sessions, with the run times of the catalogue; no model is run."""

    files: ModelFiles
    profiles: tuple[tuple[Viewing, ...], ...]
    """The viewings of each profile; a session never spans two of them."""


class SplitAnswer(Message, frozen=True, kw_only=True):
    """The sessions of each profile in order of time; each with its viewings in order of time."""

    sessions: tuple[tuple[Viewing, ...], ...]


class SegmentRequest(Message, frozen=True, kw_only=True):
    """Assign a segment to each session, with the segmenter of a task.

    The model runs once per session on an input of fixed size, so that a session without viewings
    takes as long as the longest.
    """

    files: ModelFiles
    sessions: tuple[tuple[Viewing, ...], ...]


class SegmentAnswer(Message, frozen=True, kw_only=True):
    """Segment id and beginning of each session, in the order of the request."""

    segments: tuple[int | None, ...]
    """``None`` if no title of the session is in the catalogue."""
    started_on: tuple[Seconds, ...]
    """When its first viewing began, seconds UTC; 0 for a session without viewings."""


class TrialRequest(Message, frozen=True, kw_only=True):
    """Let a model predict the latest titles of some histories from earlier viewings."""

    files: ModelFiles
    profiles: tuple[tuple[Viewing, ...], ...]


class TrialAnswer(Message, frozen=True, kw_only=True):
    """The gain for each held-out title, by profile."""

    gains: tuple[float | None, ...]
    """1 / log2(1 + rank) in the whole catalogue; ``None`` where the catalogue does not hold it."""
