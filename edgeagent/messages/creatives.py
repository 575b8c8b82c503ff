"""CreativeCatalogue: promos, ads and artwork that boxes may show; each box chooses by itself.

Names are those of OpenRTB 2.6 and VAST 4 where these have one (``crid``, ``cat``, ``badv``,
``bcat``). What VAST would report with has no field here: an Impression, a Tracking event or a
ClickThrough is an unknown field, and no text may hold an address. Every box downloads the same
catalogue and the same files, so that nothing on the network depends on who is shown what.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.creative_names import (
    CREATIVE_FILE_CAP_BYTES,
    CreativeId,
    PartyName,
    PlacementName,
)
from edgeagent.messages.fields import (
    AgeRating,
    Daypart,
    EntityId,
    LanguageCode,
    Seconds,
    Sha256,
    SpaceId,
    TargetPath,
)

__all__ = [
    "DAYPARTS",
    "INTERESTS",
    "MOST_CREATIVES",
    "NO_ADDRESS",
    "SENSITIVE_CONTENT",
    "CapRule",
    "Creative",
    "CreativeAsset",
    "CreativeCatalogue",
    "FrequencyCaps",
    "Suits",
    "decode_creatives",
]

MOST_CREATIVES = 256
"""With the longest texts they stay below the limit of the catalogue's own file by half."""

DAYPARTS: tuple[Daypart, ...] = get_args(Daypart)
"""Quarters of the day from midnight on, by the catalogue's own offset from UTC."""

INTERESTS = {
    "468": ("325",),  # action and adventure
    "469": ("641",),  # animation
    "470": ("646",),  # comedy
    "472": ("332",),  # documentary
    "473": ("647",),  # drama
    "475": ("335",),  # fantasy
    "476": ("336",),  # horror
    "478": ("326",),  # romance
    "479": ("652",),  # science fiction
    "481": ("338",),  # music
    "607": ("483",),  # sports
}
"""Nodes of the IAB Audience Taxonomy 1.1 that may be aimed at, each as categories of the Content
Taxonomy 3.1. They are interests in kinds of film; demographics and purchase intent are left out, as
is "family and children", which would say who lives there."""
SENSITIVE_CONTENT = frozenset({"383", "386", "389", "453"})
"""Content Taxonomy 3.1: law, politics, war, religion. Nothing may be aimed at them."""

# No scheme, no "www.", nothing that ends like the name of a host: "S.W.A.T." and "Mr. Robot" pass.
NO_ADDRESS = (
    r"(?is)^(?!.*(?:://|\bwww\.|\b(?:data|javascript|mailto|tel):"
    r"|[a-z0-9-]\.(?:com|net|org|info|biz|app|link|shop|online|eu|de|at|ch|uk|fr|es|it|nl|ly)\b))"
    r"[^\x00-\x1f\x7f]+\Z"
)
_Text = Annotated[str, Meta(max_length=120, pattern=NO_ADDRESS)]
_Segment = Annotated[int, Meta(ge=0, le=63)]
_Word = Annotated[str, Meta(min_length=1, max_length=60)]
_Node = Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,8}\Z")]
_Cap = Annotated[int, Meta(ge=1, le=1000)]


class FrequencyCaps(Message, frozen=True, kw_only=True, omit_defaults=True):
    """How often at most, on one box and for one profile; ``None``: no limit of that length."""

    per_hour: _Cap | None = None
    per_day: _Cap | None = None
    per_week: _Cap | None = None
    total: _Cap | None = None
    """As long as it runs; spread evenly over that time."""


class CapRule(Message, frozen=True, kw_only=True):
    """Caps on all creatives of one advertiser or category together."""

    of: Literal["advertiser", "category"]
    name: PartyName
    caps: FrequencyCaps


class Suits(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Whose taste a creative suits: any of these. All empty: everybody's."""

    segments: Annotated[tuple[_Segment, ...], Meta(max_length=64)] = ()
    """Of the model whose space the catalogue names."""
    genres: Annotated[tuple[_Word, ...], Meta(max_length=16)] = ()
    """As the segments' labels write them."""
    content: Annotated[tuple[_Node, ...], Meta(max_length=16)] = ()
    """IAB Content Taxonomy 3.1."""
    interests: Annotated[tuple[_Node, ...], Meta(max_length=16)] = ()
    """IAB Audience Taxonomy 1.1, of :data:`INTERESTS` only."""


class CreativeAsset(Message, frozen=True, kw_only=True):
    """The picture, or the trailer's clip: a target of its own, named by its hash."""

    path: TargetPath
    sha256: Sha256
    length_bytes: Annotated[int, Meta(ge=1, le=CREATIVE_FILE_CAP_BYTES)]
    # No SVG and no MP4: they may name addresses. A clip of 256 KiB is some eight seconds of AV1.
    media_type: Literal["image/jpeg", "image/png", "image/webp", "video/webm"]


class Creative(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One promo or ad, or one variant of how a title is presented."""

    crid: CreativeId
    kind: Literal["promo", "ad", "artwork", "trailer"]
    """``promo``: the operator's own, for a title or the house; ``ad``: an advertiser's;
    ``artwork``, ``trailer``: a variant for a recommended title, never chosen for a placement."""
    advertiser: PartyName
    cat: PartyName
    """Category of what is advertised."""
    title: _Text
    description: _Text | None = None
    placement: PlacementName
    """Of a variant: which form of the title's artwork it stands for, as "poster"."""
    asset: CreativeAsset
    language: LanguageCode | None = None
    """``None``: it has no words."""
    age_rating: AgeRating
    starts_at: Seconds
    ends_at: Seconds
    dayparts: Annotated[tuple[Daypart, ...], Meta(max_length=4)] = ()
    """Empty: at any time."""
    suits: Suits = Suits()
    caps: FrequencyCaps = FrequencyCaps()
    badv: Annotated[tuple[PartyName, ...], Meta(max_length=16)] = ()
    """Advertisers that it does not stand beside in one answer."""
    bcat: Annotated[tuple[PartyName, ...], Meta(max_length=16)] = ()
    """Categories that it does not stand beside in one answer."""
    weight: Annotated[int, Meta(ge=1, le=100)] = 1
    """Of two that suit alike, one of twice the weight is chosen twice as often."""
    licence: _Text
    """By which right it is shown: a contract's number, a licence's name."""
    entity_id: EntityId | None = None
    """The title that it promotes, where it promotes one; the title that a variant is of."""
    code: Annotated[str, Meta(max_length=24, pattern=r"^[0-9A-Za-z -]+\Z")] | None = None
    """What a viewer can say to the advertiser, and thereby says that he saw it; so creatives that
    suit different tastes must not differ in it."""


class CreativeCatalogue(Message, frozen=True, kw_only=True, omit_defaults=True):
    """All creatives of a publisher."""

    format: Annotated[int, Meta(ge=1, le=1)]
    issued_at: Seconds
    space_id: SpaceId | None = None
    """Of the model whose segments are named; a box with another model does not use them."""
    utc_offset_minutes: Annotated[int, Meta(ge=-720, le=840)] = 0
    """Of the dayparts."""
    cap_rules: Annotated[tuple[CapRule, ...], Meta(max_length=64)] = ()
    creatives: Annotated[tuple[Creative, ...], Meta(max_length=MOST_CREATIVES)]


def decode_creatives(data: bytes) -> CreativeCatalogue:
    """Decode a catalogue of creatives (≤ 256 KiB, canonical).

    What its fields say together is checked by :mod:`edgeagent.promotion.rules`.

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, CreativeCatalogue, cap_bytes=CREATIVE_FILE_CAP_BYTES, canonical=True)
