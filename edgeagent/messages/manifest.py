"""ModelManifest: what the server says about a segment model and the files that make it up."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

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
    "ModelClaims",
    "ModelManifest",
    "SegmentLabel",
    "TargetReference",
    "decode_manifest",
]

MANIFEST_CAP_BYTES = 160 * 1024
"""64 labels that fill all an exporter writes, in letters of four bytes, take 136 KB."""
MODEL_CAP_BYTES = 4 * 1024 * 1024
"""A segment model is 60–480 KB; anything near this is not one."""


LABEL_TEXT_LETTERS = 60
LabelText = Annotated[str, Meta(min_length=1, max_length=LABEL_TEXT_LETTERS)]


class TargetReference(Message, frozen=True, kw_only=True):
    """One file in the TUF repository, named by content."""

    path: TargetPath
    sha256: Sha256
    length_bytes: Annotated[int, Meta(ge=1, le=CATALOGUE_CAP_BYTES)]


BEFORE_1970: Literal["before 1970"] = "before 1970"
"""An era: of older films people ask for all, not for a decade."""


class SegmentLabel(Message, frozen=True, kw_only=True, omit_defaults=True):
    """What one segment is called: in words, and as fields that another language is made from.

    The fields hold what the name says, no more; manifests without them are older.
    """

    name: ShortText
    """English; shown where the fields are not understood."""
    sensitive: bool
    """Never a category of a report: sessions in it count as "none"."""
    iab: Annotated[tuple[ShortText, ...], Meta(max_length=8)]
    """IAB Content Taxonomy 3.1 ids."""
    kind: Literal["films", "series"] | None = None
    """None: nothing is told but the name."""
    genres: Annotated[tuple[LabelText, ...], Meta(max_length=2)] = ()
    """As catalogues say them; the second tells what kind of the first."""
    era: Annotated[int, Meta(ge=1870, le=2200, multiple_of=10)] | Literal["before 1970"] | None = (
        None
    )
    """A decade by its first year, or everything before one."""
    theme: LabelText | None = None
    """What its titles have in common besides genres and era."""
    titles: Annotated[tuple[LabelText, ...], Meta(max_length=3)] = ()
    """Of what is watched there."""
    number: Annotated[int, Meta(ge=1, le=64)] = 1
    """Tells it from others that are called the same."""


class ModelClaims(Message, frozen=True, kw_only=True):
    """What a manifest says of its model, and the model must say of itself."""

    head: HeadName
    space_id: SpaceId
    dimension: int
    segments: int
    """How many."""


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

    def claims(self) -> ModelClaims:
        """Return what the model must say of itself."""
        return ModelClaims(
            head=self.head,
            space_id=self.space_id,
            dimension=self.dimension,
            segments=len(self.segments),
        )


def decode_manifest(data: bytes) -> ModelManifest:
    """Decode a manifest (≤ 64 KiB, canonical).

    Raises:
        MalformedMessage: with the field at fault.

    """
    return decode(data, ModelManifest, cap_bytes=MANIFEST_CAP_BYTES, canonical=True)
