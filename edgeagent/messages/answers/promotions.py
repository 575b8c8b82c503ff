"""Answers about promos and ads: what was chosen, why, and what was shown."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.answers.picks import SegmentShape
from edgeagent.messages.codec import Shape
from edgeagent.messages.creative_names import CreativeId, PartyName, PlacementName

__all__ = [
    "ChoiceShape",
    "ChosenCreativeShape",
    "CreativeFileShape",
    "CreativeMarkShape",
    "CreativeReasonShape",
    "CreativeShape",
    "ListedCreativeShape",
    "PromotionsShape",
    "ShowingShape",
]


class CreativeShape(Shape, frozen=True, kw_only=True):
    """One promo or ad, or one variant of a title's artwork."""

    crid: CreativeId
    """Its id, as OpenRTB calls it."""
    kind: Literal["promo", "ad", "artwork", "trailer"]
    """``promo``: the operator's own; ``ad``: an advertiser's; ``artwork``, ``trailer``: a variant
    for a recommended title, which ``EdgeAgent.recommend`` carries."""
    advertiser: PartyName
    """Who advertises."""
    cat: PartyName
    """The category of what is advertised."""
    title: str
    """Its headline."""
    description: str | None
    """A second line."""
    placement: PlacementName
    """Where it fits."""
    entity_id: str | None
    """The title that it promotes, where it promotes one; the title that a variant is of."""
    code: str | None
    """What a viewer can say to the advertiser; the same for all tastes."""


class ChosenCreativeShape(CreativeShape, frozen=True, kw_only=True):
    """A creative for one place."""

    by: Literal["chance", "taste", "context"]
    """How it was drawn; never by ``taste`` without the purpose promotion, and for apps: then by
    ``context`` where what is on the screen was said and known, else by ``chance``."""
    file: str
    """Path of its picture on this box; ``EdgeAgent.creativeFile`` returns what is in it."""
    media_type: str
    """Of the picture."""
    until: int
    """Until then the answer stays the same, seconds UTC, unless a cap is reached."""


class ChoiceShape(Shape, frozen=True, kw_only=True):
    """What a placement holds."""

    placement: PlacementName
    """Which."""
    creatives: tuple[ChosenCreativeShape, ...]
    """The first place first; empty where nothing may be shown."""


class CreativeFileShape(Shape, frozen=True, kw_only=True):
    """The picture of a creative."""

    media_type: str
    """Of the picture."""
    data: bytes
    """In base64; at most 256 KiB."""


class ListedCreativeShape(CreativeShape, frozen=True, kw_only=True):
    """A creative of the catalogue, as it stands for a profile."""

    why_not: (
        Literal[
            "placement",
            "time",
            "daypart",
            "language",
            "age",
            "house_only",
            "hidden",
            "no_file",
            "cap",
        ]
        | None
    )
    """Why it is not shown now; null: it may be."""
    shown: int
    """How often it was, as far as that is kept."""
    last_shown_at: int | None
    """Seconds UTC."""


class ShowingShape(Shape, frozen=True, kw_only=True):
    """A creative that was on the screen."""

    crid: CreativeId
    """Which."""
    advertiser: PartyName
    """Who advertised."""
    cat: PartyName
    """The category of what was advertised."""
    placement: PlacementName
    """Where."""
    shown_at: int
    """When, seconds UTC."""


class CreativeMarkShape(Shape, frozen=True, kw_only=True):
    """Something that a profile does not want to see."""

    kind: Literal["creative", "advertiser", "category"]
    """What it is."""
    name: PartyName
    """Its name."""
    marked_at: int
    """When it was hidden, seconds UTC."""


class PromotionsShape(Shape, frozen=True, kw_only=True):
    """The catalogue, the log and the marks of a profile; none of it ever leaves the box."""

    profile: str
    """Whose."""
    creatives: tuple[ListedCreativeShape, ...]
    """The catalogue, in its order; the same on every box."""
    shown: tuple[ShowingShape, ...]
    """Oldest first; empty without the purpose promotion."""
    hidden: tuple[CreativeMarkShape, ...]
    """What the profile has hidden."""


class CreativeReasonShape(Shape, frozen=True, kw_only=True):
    """Why a profile may be shown a creative."""

    creative: CreativeShape
    """Which."""
    factor: float
    """Of its weight in places drawn by taste, a half to 2; at 1 taste has no part in it."""
    segments: tuple[SegmentShape, ...]
    """Segments that this box sees the profile in and that the creative suits, largest first."""
    titles: tuple[str, ...]
    """Watched titles that shaped these segments most."""
