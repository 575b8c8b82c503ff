"""Catalogue: the titles that can be watched, each with a quantised embedding.

File layout, little-endian, in this order::

    8 bytes   magic "EACATAL1"
    uint32    length of the header
    header    canonical JSON, CatalogueHeader
    zlib      titles, canonical JSON array of Title, header.titles_bytes long when compressed
    int8      rows [D, N], row-major: column n is the embedding of title n
    float32   scale [N], > 0: embedding = rows[:, n] * scale[n]
    float32   bias [N]: what a title scores before anyone has watched anything

The rows are stored in the form the model takes (``[D, N]``). This module handles only the layout;
``edgeagent.features`` converts the byte views to arrays.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edgeagent.errors import MalformedMessage
from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.messages.fields import AgeRating, Dimension, EntityId, Seconds, ShortText, SpaceId

__all__ = [
    "CATALOGUE_CAP_BYTES",
    "Catalogue",
    "CatalogueHeader",
    "Title",
    "decode_catalogue",
    "encode_catalogue",
    "plain_titles",
]

CATALOGUE_CAP_BYTES = 128 * 1024 * 1024
_MAGIC = b"EACATAL1"
_HEADER_CAP_BYTES = 4096
_TITLES_CAP_BYTES = 256 * 1024 * 1024  # decompressed; stops a deflate bomb
_LENGTH = struct.Struct("<I")


class Title(Message, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One film, series or episode, in public terms; the same for every box."""

    entity_id: EntityId
    title: ShortText
    kind: Literal["film", "series", "episode"] = "film"
    genres: Annotated[tuple[ShortText, ...], Meta(max_length=32)] = ()
    year: Annotated[int, Meta(ge=1870, le=2200)] | None = None
    age_rating: AgeRating = 0
    """Minimum age in years; ``UNKNOWN_AGE`` if the source's rating cannot be read."""
    run_minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    series_id: EntityId | None = None
    season: Annotated[int, Meta(ge=0, le=9999)] | None = None
    """From 1, specials 0; long-running programmes count theirs by year."""
    episode: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    franchise: ShortText | None = None
    """The same for all titles of a franchise, of which a list of picks holds few."""
    available_until: Seconds | None = None
    """Not shown from then on, seconds UTC; ``None``: no end."""
    entitlements: Annotated[tuple[ShortText, ...], Meta(max_length=16)] = ()
    """Packages that include it, one of which is enough; empty: open to every box."""


class CatalogueHeader(Message, frozen=True, kw_only=True):
    """The description of the binary part."""

    space_id: SpaceId
    dimension: Dimension
    items: Annotated[int, Meta(ge=1, le=1_000_000)]
    titles_bytes: Annotated[int, Meta(ge=2, le=_TITLES_CAP_BYTES)]
    issued_at: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A decoded catalogue; the three views are raw little-endian bytes of the file."""

    header: CatalogueHeader
    titles: tuple[Title, ...]
    rows: memoryview
    """int8 [D, N], row-major."""
    scale: memoryview
    """float32 [N], > 0."""
    bias: memoryview
    """float32 [N]."""


def encode_catalogue(
    *,
    space_id: str,
    dimension: int,
    issued_at: int,
    titles: tuple[Title, ...],
    rows: bytes,
    scale: bytes,
    bias: bytes,
) -> bytes:
    """Encode a catalogue file; see the module's docstring for shapes.

    Raises:
        MalformedMessage: a part has the wrong length.

    """
    packed_titles = zlib.compress(canonical_bytes(titles), level=9)
    header = CatalogueHeader(
        space_id=space_id,
        dimension=dimension,
        items=len(titles),
        titles_bytes=len(packed_titles),
        issued_at=issued_at,
    )
    header_bytes = canonical_bytes(header)
    data = b"".join(
        (_MAGIC, _LENGTH.pack(len(header_bytes)), header_bytes, packed_titles, rows, scale, bias)
    )
    decode_catalogue(data)
    return data


def decode_catalogue(data: bytes | memoryview) -> Catalogue:
    """Decode and check a catalogue file.

    Raises:
        MalformedMessage: wrong magic, inconsistent lengths, an invalid field, or a duplicate id.

    """
    header, titles_at, view = _header(data)
    count, dimension = header.items, header.dimension
    rows_at = titles_at + header.titles_bytes
    scale_at = rows_at + dimension * count
    bias_at = scale_at + 4 * count
    end = bias_at + 4 * count
    if len(view) != end:
        raise _malformed(f"{len(view)} bytes, its header says {end}")
    titles = _decode_titles(view[titles_at:rows_at])
    if len(titles) != count:
        raise _malformed(f"{len(titles)} titles, its header says {count}")
    if len({title.entity_id for title in titles}) != count:
        raise _malformed("an entity_id is named twice")
    return Catalogue(
        header=header,
        titles=titles,
        rows=view[rows_at:scale_at],
        scale=view[scale_at:bias_at],
        bias=view[bias_at:end],
    )


def plain_titles(data: bytes | memoryview) -> bytes:
    """Return the titles of a catalogue file as stored, a canonical JSON array.

    For looking up a few of them; the titles were validated when the file was downloaded.

    Raises:
        MalformedMessage: wrong magic, or titles that cannot be decompressed.

    """
    header, titles_at, view = _header(data)
    return _unpacked(view[titles_at : titles_at + header.titles_bytes])


def _header(data: bytes | memoryview) -> tuple[CatalogueHeader, int, memoryview]:
    """Return the header, the offset of the titles, and the whole file."""
    view = memoryview(data)
    if len(view) > CATALOGUE_CAP_BYTES:
        raise _malformed(f"{len(view)} bytes, at most {CATALOGUE_CAP_BYTES} are accepted")
    start = len(_MAGIC) + _LENGTH.size
    if bytes(view[: len(_MAGIC)]) != _MAGIC or len(view) < start:
        raise _malformed("does not begin with EACATAL1")
    (header_length,) = _LENGTH.unpack_from(view, len(_MAGIC))
    header = decode(
        bytes(view[start : start + min(header_length, _HEADER_CAP_BYTES + 1)]),
        CatalogueHeader,
        cap_bytes=_HEADER_CAP_BYTES,
        canonical=True,
    )
    return header, start + header_length, view


def _unpacked(packed: memoryview) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, _TITLES_CAP_BYTES)
    except zlib.error as error:
        raise _malformed(f"titles: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise _malformed("titles: truncated, or longer than accepted")
    return plain


def _decode_titles(packed: memoryview) -> tuple[Title, ...]:
    try:
        return msgspec.json.decode(_unpacked(packed), type=tuple[Title, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(f"titles: {error}") from error


def _malformed(what: str) -> MalformedMessage:
    return MalformedMessage(
        f"Catalogue: {what}", hint="download it again with 'edgeagent model update'"
    )
