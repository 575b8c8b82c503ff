"""ModelManifest: the description of a segment model and the files it consists of."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES
from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import (
    Dimension,
    HeadName,
    Seconds,
    Sha256,
    ShortText,
    SpaceId,
    TargetPath,
)

__all__ = [
    "BEFORE_1970",
    "LABEL_TEXT_LETTERS",
    "MANIFEST_CAP_BYTES",
    "MODEL_CAP_BYTES",
    "MOST_LIFTED_WORDS",
    "LiftedWord",
    "ModelClaims",
    "ModelManifest",
    "SegmentLabel",
    "TargetReference",
    "decode_manifest",
]

MANIFEST_CAP_BYTES = 160 * 1024
"""64 labels with the longest texts that the exporter writes, in four-byte letters, take 136 KB."""
MODEL_CAP_BYTES = 4 * 1024 * 1024
"""Segment models have 60–480 KB; a file near this limit is not one."""


LABEL_TEXT_LETTERS = 60
LabelText = Annotated[str, Meta(min_length=1, max_length=LABEL_TEXT_LETTERS)]


class TargetReference(Message, frozen=True, kw_only=True):
    """One file in the TUF repository, named by its hash."""

    path: TargetPath
    sha256: Sha256
    length_bytes: Annotated[int, Meta(ge=1, le=CATALOGUE_CAP_BYTES)]


BEFORE_1970: Literal["before 1970"] = "before 1970"
"""The era of all older films, which people ask for as a whole rather than by decade."""


class SegmentLabel(Message, frozen=True, kw_only=True, omit_defaults=True):
    """The label of a segment: in English words, and as fields from which other languages are made.

    The fields hold the same as the name; manifests of older exporters have none.
    """

    name: ShortText
    """English; shown by programs that do not use the fields."""
    sensitive: bool
    """Not a category of a report: sessions in it count as "none"."""
    iab: Annotated[tuple[ShortText, ...], Meta(max_length=8)]
    """IAB Content Taxonomy 3.1 ids."""
    kind: Literal["films", "series"] | None = None
    """``None``: there is only the name."""
    genres: Annotated[tuple[LabelText, ...], Meta(max_length=2)] = ()
    """In the words of the catalogue; the second qualifies the first."""
    era: Annotated[int, Meta(ge=1870, le=2200, multiple_of=10)] | Literal["before 1970"] | None = (
        None
    )
    """A decade by its first year, or everything before 1970."""
    theme: LabelText | None = None
    """What its titles have in common besides genres and era."""
    titles: Annotated[tuple[LabelText, ...], Meta(max_length=3)] = ()
    """Of what is watched there."""
    number: Annotated[int, Meta(ge=1, le=64)] = 1
    """Distinguishes it from others with the same label."""


MOST_LIFTED_WORDS = 16
"""An operator says of them that they are not sensitive; more are a mistake in its mapping."""


class LiftedWord(Message, frozen=True, kw_only=True):
    """A genre word known as sensitive that the operator of the catalogue says is not."""

    word: LabelText
    topics: Annotated[tuple[ShortText, ...], Meta(min_length=1, max_length=16)]
    """What it would have told of: titles with this word do not keep a segment on the device."""


class ModelClaims(Message, frozen=True, kw_only=True):
    """The facts that both the manifest and the model's metadata state."""

    head: HeadName
    space_id: SpaceId
    dimension: int
    segments: int
    """The number of segments."""


class ModelManifest(Message, frozen=True, kw_only=True):
    """A model, its golden vectors, the catalogue it was published with, and its segments' names."""

    contract: Annotated[int, Meta(ge=1, le=1)] = 1
    head: HeadName
    space_id: SpaceId
    model_version: Annotated[str, Meta(pattern=r"^[0-9a-z.-]{1,40}\Z")]
    trained_at: Seconds
    dimension: Dimension
    segments: Annotated[tuple[SegmentLabel, ...], Meta(min_length=7, max_length=64)]
    model: TargetReference
    golden: TargetReference
    catalogue: TargetReference
    lifted_words: (
        Annotated[tuple[LiftedWord, ...], Meta(min_length=1, max_length=MOST_LIFTED_WORDS)]
        | UnsetType
    ) = UNSET
    """Where there are none the bytes lack the field, so that such a manifest is that of contract 1
    as it was first published. Agents older than this field refuse a manifest with lifted words."""

    def claims(self) -> ModelClaims:
        """Return the facts that the model's metadata must state."""
        return ModelClaims(
            head=self.head,
            space_id=self.space_id,
            dimension=self.dimension,
            segments=len(self.segments),
        )


def decode_manifest(data: bytes) -> ModelManifest:
    """Decode a manifest (≤ 64 KiB, canonical).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, ModelManifest, cap_bytes=MANIFEST_CAP_BYTES, canonical=True)
