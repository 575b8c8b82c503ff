"""Check a catalogue of creatives before it is signed: every fault, each with its place.

The rules are those of the box (:mod:`edgeagent.promotion.rules`). Here all faults are listed, not
the first; the files are looked at, and targets are held against a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edgeagent.errors import InputError
from edgeagent.messages import ModelManifest, canonical_bytes, decode_manifest, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import NO_ADDRESS, Creative, CreativeCatalogue
from edgeagent.messages.manifest import MANIFEST_CAP_BYTES
from edgeagent.promotion.rules import CreativeFault, catalogue_faults, target_faults
from edgeagent.promotion.variants import is_variant, misleading_faults
from edgeagent.regular_file import read_regular
from model_export.heads.trained_model import TrainedModel
from model_export.publishing.own_segments import own_segments

__all__ = [
    "MEDIA_TYPES",
    "CheckedCreatives",
    "check_creatives",
    "media_type_of",
    "read_entries",
    "read_manifest",
]

_READ_BYTES = 16 * 1024 * 1024
"""More than a catalogue may have, so that one that is too long is read and told so."""
_FIRST_BYTES = {
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "image/webp": (8, b"WEBP"),
    "video/webm": (0, b"\x1a\x45\xdf\xa3"),
}
MEDIA_TYPES = tuple(_FIRST_BYTES)
"""What a creative's file may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCreatives:
    """What was found."""

    creatives: int
    faults: tuple[CreativeFault, ...]


def read_manifest(path: Path) -> ModelManifest:
    """Read the manifest of a published model.

    Raises:
        InputError: it cannot be read.
        MalformedMessage: it is none.

    """
    return decode_manifest(_read(path, cap_bytes=MANIFEST_CAP_BYTES))


def check_creatives(
    path: Path,
    *,
    files: Path | None = None,
    manifest: ModelManifest | None = None,
    model: TrainedModel | None = None,
) -> CheckedCreatives:
    """Check a catalogue.

    Args:
        path: JSON, canonical or not.
        files: directory of the pictures, named as their paths end.
        manifest: of the model whose segments are named.
        model: the same, as it was trained: variants are held against their titles.

    Raises:
        InputError: it cannot be read, or is no JSON object with a list of creatives.

    """
    plain, entries = read_entries(path)
    unread, creatives = _read_entries(entries)
    try:
        catalogue = msgspec.convert(plain | {"creatives": ()}, CreativeCatalogue)
    except msgspec.ValidationError as error:
        unread.append(_fault("", "catalogue", str(error)))
        catalogue = CreativeCatalogue(format=1, issued_at=0, creatives=())
    whole = msgspec.structs.replace(catalogue, creatives=tuple(creatives))
    faults = [*unread, *catalogue_faults(whole)]
    if manifest is not None:
        faults += target_faults(whole, space_id=manifest.space_id, labels=manifest.segments)
    if model is not None:
        faults += _faults_of_variants(whole, model)
    length = len(canonical_bytes(plain))
    if length > CREATIVE_FILE_CAP_BYTES:
        what = f"{length} bytes, at most {CREATIVE_FILE_CAP_BYTES} are read"
        faults.append(_fault("", "catalogue", what, "shorten it"))
    if files is not None:
        faults += [fault for creative in creatives for fault in _file_faults(creative, files)]
    return CheckedCreatives(creatives=len(entries), faults=tuple(faults))


def read_entries(path: Path) -> tuple[dict[str, Any], list[Any]]:
    """Return a catalogue as plain values, and its entries.

    Raises:
        InputError: it cannot be read, or is no JSON object with a list of creatives.

    """
    data = _read(path, cap_bytes=_READ_BYTES)
    try:
        plain = msgspec.json.decode(data, type=dict[str, Any])
        return plain, msgspec.convert(plain.get("creatives"), list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: {error}", hint="it is a JSON object with a list named creatives"
        ) from error


def media_type_of(data: bytes) -> str | None:
    """Return what a file is by its first bytes; ``None``: nothing that a creative may be."""
    for media_type, (at, first) in _FIRST_BYTES.items():
        if data[at:].startswith(first):
            return media_type
    return None


def _read_entries(entries: list[Any]) -> tuple[list[CreativeFault], list[Creative]]:
    faults, creatives = [], []
    for number, entry in enumerate(entries, start=1):
        named = entry.get("crid") if isinstance(entry, dict) else None
        try:
            creatives.append(msgspec.convert(entry, Creative))
        except msgspec.ValidationError as error:
            rule = "of one line, not empty, without any address"
            what = str(error).replace(f"matching regex {NO_ADDRESS!r}", rule)
            faults.append(_fault(str(named or f"number {number}"), "fields", what))
    return faults, creatives


def _faults_of_variants(
    catalogue: CreativeCatalogue, model: TrainedModel
) -> Iterator[CreativeFault]:
    titles = {each.entity_id for each in catalogue.creatives if each.entity_id is not None}
    if catalogue.space_id == model.table.space_id:
        yield from misleading_faults(catalogue.creatives, own_segments(model, titles))
    elif any(map(is_variant, catalogue.creatives)):
        what = f"{catalogue.space_id}, and the model's is {model.table.space_id}"
        yield _fault("", "space_id", what, "number the segments by the model that is published")


def _file_faults(creative: Creative, files: Path) -> Iterator[CreativeFault]:
    asset = creative.asset
    path = files / asset.path.rpartition("/")[2]
    try:
        data = read_regular(path, cap_bytes=CREATIVE_FILE_CAP_BYTES)
    except OSError as error:
        yield _fault(creative.crid, "asset", f"{path}: {error.strerror}", "put the file there")
        return
    if (sha256_hex(data), len(data)) != (asset.sha256, asset.length_bytes):
        what = f"{path} has {len(data)} bytes and SHA-256 {sha256_hex(data)}"
        yield _fault(creative.crid, "asset", what, "state these, or take the file that was meant")
    at, first = _FIRST_BYTES[asset.media_type]
    if not data[at:].startswith(first):
        yield _fault(creative.crid, "asset.media_type", f"{path} is no {asset.media_type}")


def _fault(crid: str, field: str, what: str, hint: str = "correct it") -> CreativeFault:
    return CreativeFault(crid=crid, field=field, what=what, hint=hint)


def _read(path: Path, *, cap_bytes: int) -> bytes:
    try:
        return read_regular(path, cap_bytes=cap_bytes)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="name a readable file") from error
