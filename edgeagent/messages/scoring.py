"""What the scoring child is asked and answers: plain values, never a key, over a pipe.

The same types serve the resident scorer, so that both shapes run the same code.
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
)

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
    "Viewing",
]


class ModelFiles(Message, frozen=True, kw_only=True):
    """Where a verified model and its catalogue lie, and what they must hash to."""

    model_path: str
    model_sha256: Sha256
    catalogue_path: str
    catalogue_sha256: Sha256


class Viewing(Message, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One event of the history window, without a profile."""

    entity_id: Annotated[str, Meta(max_length=256)]
    """Checked when it was stored; what is no entity id is in no catalogue. Matching the pattern of
    500 of them again costs more than everything else between the two processes."""
    watched_on: Seconds
    progress_fraction: Fraction01 | None = None
    progress_seconds: Annotated[int, Meta(ge=0)] | None = None
    completed: bool = False


class RankRequest(Message, frozen=True, kw_only=True):
    """Rank the catalogue for one history window."""

    files: ModelFiles
    now: Seconds
    history: tuple[Viewing, ...]
    hidden: tuple[EntityId, ...] = ()
    """Neither shown nor allowed to carry weight."""
    not_reasons: tuple[EntityId, ...] = ()
    """Carry no weight; that they were watched stays true, so they are not new."""
    max_age_rating: AgeRating = MAX_AGE_RATING
    """Titles meant for older people are left out."""
    entitlements: tuple[ShortText, ...] = ()
    """Packages the box has; titles that need another are left out."""
    limit: PickLimit = 10
    """For the new titles and for those to be continued, each."""
    explain: EntityId | None = None
    """Explain this title instead of ranking."""
    exploration_seed: Annotated[int, Meta(ge=0, lt=2**62)] | None = None
    """Decides the one pick in ten that is drawn; ``None``: none is."""
    why_segments: bool = False
    """Say why the mix holds its segments: a run of the encoder more for each of a dozen titles."""
    popular: bool = False
    """Rank by the catalogue's own part of the score; the model's file is not opened."""


class Reason(Message, frozen=True, kw_only=True, gc=False):
    """One part of a score."""

    kind: Literal["watched", "rest", "new", "popular", "together"]
    """``rest``: all viewings that are not named one by one."""
    entity_id: EntityId | None = None
    """The watched title that caused it; absent for parts that no single title causes."""
    title: str = ""
    contribution: float
    """In units of the score; all parts add up to it."""
    share_fraction: float
    """|contribution| as a part of the sum of all |contributions|, 0–1."""


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
    """How far it was watched, of a title to be continued."""
    available_until: Seconds | None = None
    """Gone from then on, seconds UTC."""
    drawn: bool = False
    """One in ten: drawn from what nearly made the list, to learn about it."""


class SegmentCause(Message, frozen=True, kw_only=True):
    """Why the household's mix holds a segment."""

    segment: Annotated[int, Meta(ge=0)]
    reasons: tuple[Reason, ...]
    """The watched titles without which its part would be smaller, the weightiest first; of each, by
    how much, as a fraction 0-1 of the mix."""


class Picks(Message, frozen=True, kw_only=True):
    """The answer to a :class:`RankRequest`."""

    picks: tuple[Pick, ...]
    """What nobody has begun, and the next episode of each series that was; the best first, then
    spread, so that scores need not fall all the way."""
    segment_probabilities: tuple[float, ...]
    """The household's own mix, for its own dashboard; sums to 1. Empty without a model, and where
    nothing that was watched carries weight."""
    segment_causes: tuple[SegmentCause, ...] = ()
    """Of its largest parts, that part first; empty unless asked for."""
    score_spread: float
    """Largest minus smallest score in the catalogue: the unit of the tolerance above."""
    continue_watching: tuple[Pick, ...] = ()
    """Begun and not finished, the one watched last first."""
    ranked_by: Literal["model", "popularity"] = "model"
    """``popularity``: no model worked, so that the scores are the catalogue's own."""
    max_age_rating: int = 21
    """As asked: stored picks are shown again only to the same limit and packages."""
    entitlements: tuple[str, ...] = ()


class SplitRequest(Message, frozen=True, kw_only=True):
    """Split viewings into sessions; the catalogue tells how long a title runs, no model is run."""

    files: ModelFiles
    profiles: tuple[tuple[Viewing, ...], ...]
    """The viewings of each profile; a session never spans two of them."""


class SplitAnswer(Message, frozen=True, kw_only=True):
    """The sessions, profile by profile, in order of time; each has its viewings in that order."""

    sessions: tuple[tuple[Viewing, ...], ...]


class SegmentRequest(Message, frozen=True, kw_only=True):
    """Assign each session a segment, with a task's own segmenter.

    The model runs once a session on an input of one size, whatever the session holds: a session
    without viewings takes as long as the longest.
    """

    files: ModelFiles
    sessions: tuple[tuple[Viewing, ...], ...]


class SegmentAnswer(Message, frozen=True, kw_only=True):
    """One segment id a session, in the order they were given in."""

    segments: tuple[int | None, ...]
    """``None`` where no title of the session is in the catalogue."""


class TrialRequest(Message, frozen=True, kw_only=True):
    """Let a model guess the latest titles of some histories from what was watched before them."""

    files: ModelFiles
    profiles: tuple[tuple[Viewing, ...], ...]


class TrialAnswer(Message, frozen=True, kw_only=True):
    """How well it guessed each title that was held out, profile by profile."""

    gains: tuple[float | None, ...]
    """1 / log2(1 + rank) in the whole catalogue; ``None`` where the catalogue does not hold it."""
