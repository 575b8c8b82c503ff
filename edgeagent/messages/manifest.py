"""ModelManifest: what the server says about a segment model and the files that make it up."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import HeadName, Seconds, Sha256, ShortText, SpaceId, TargetPath

__all__ = [
    "MANIFEST_CAP_BYTES",
    "MODEL_CAP_BYTES",
    "ModelClaims",
    "ModelManifest",
    "SegmentLabel",
    "TargetReference",
    "decode_manifest",
]

MANIFEST_CAP_BYTES = 64 * 1024
MODEL_CAP_BYTES = 4 * 1024 * 1024
"""A segment model is 60–480 KB; anything near this is not one."""


class TargetReference(Message, frozen=True, kw_only=True):
    """One file in the TUF repository, named by content."""

    path: TargetPath
    sha256: Sha256
    length_bytes: Annotated[int, Meta(ge=1, le=128 * 1024 * 1024)]


class SegmentLabel(Message, frozen=True, kw_only=True):
    """What one segment is called."""

    name: ShortText
    sensitive: bool = False
    """Never a category of a report: sessions in it count as "none"."""
    iab: Annotated[tuple[ShortText, ...], Meta(max_length=8)] = ()
    """IAB Content Taxonomy 3.1 ids."""


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
    dimension: Annotated[int, Meta(ge=1, le=1024)]
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
