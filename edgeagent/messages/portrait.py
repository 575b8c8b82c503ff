"""PanelPortrait: what a model's segments look like on the panel it was measured on.

A file between exporter and server; no box reads or writes it, and nothing in it is of any box.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import Seconds, ShortText, SpaceId

__all__ = [
    "PORTRAIT_CAP_BYTES",
    "PanelPortrait",
    "SegmentPortrait",
    "Standout",
    "decode_portrait",
]

PORTRAIT_CAP_BYTES = 1024 * 1024
"""64 segments with everything that is listed of them take 150 KB."""

Fraction01 = Annotated[float, Meta(ge=0, le=1)]


class Standout(Message, frozen=True, kw_only=True):
    """A genre, decade or theme that a segment watches more than the whole panel."""

    value: ShortText
    share: Fraction01
    """Of what is watched in the segment."""
    lift: Annotated[float, Meta(ge=0)]
    """How many times more than in the whole panel."""


class SegmentPortrait(Message, frozen=True, kw_only=True):
    """One segment on the panel."""

    name: ShortText
    sensitive: bool
    share: Fraction01
    """Of the panel's sessions."""
    standard_error: Annotated[float, Meta(ge=0)]
    """Of the share, people drawn at random: sessions of one person are alike."""
    cohesion: Annotated[float, Meta(ge=-1, le=1)]
    """Mean cosine of its sessions with it."""
    unknown_share: Fraction01
    """Of what is watched in it is of titles of unknown topic."""
    iab: Annotated[tuple[ShortText, ...], Meta(max_length=8)]
    genres: Annotated[tuple[Standout, ...], Meta(max_length=8)]
    decades: Annotated[tuple[Standout, ...], Meta(max_length=8)]
    themes: Annotated[tuple[Standout, ...], Meta(max_length=8)]
    titles: Annotated[tuple[ShortText, ...], Meta(max_length=16)]
    """Those that carry it: watched there far more than elsewhere, the most telling first."""
    homes: Annotated[tuple[Fraction01, ...], Meta(min_length=7, max_length=64)]
    """[S] of what is watched in it, the part that is of titles whose own segment is each one."""


class PanelPortrait(Message, frozen=True, kw_only=True):
    """All segments of one model, on one panel."""

    space_id: SpaceId
    """Of the model: a report task's segmenter names the same."""
    watched_from: Seconds
    watched_until: Seconds
    """The last viewing it was measured on, seconds UTC."""
    people: Annotated[int, Meta(ge=1)]
    sessions: Annotated[int, Meta(ge=1)]
    segments: Annotated[tuple[SegmentPortrait, ...], Meta(min_length=7, max_length=64)]

    def __post_init__(self) -> None:
        """Raise where a segment's homes are not one for each segment."""
        if any(len(segment.homes) != len(self.segments) for segment in self.segments):
            message = "homes are not one for each segment"
            raise ValueError(message)


def decode_portrait(data: bytes) -> PanelPortrait:
    """Decode a portrait (≤ 1 MiB).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, PanelPortrait, cap_bytes=PORTRAIT_CAP_BYTES)
