"""Pack creatives for signing: from a file that a person wrote to canonical bytes and hashed files.

A person names each picture by its file and writes each moment in words; the pack has what boxes
read instead. It is checked as boxes check it, before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgeagent.errors import OutputError
from edgeagent.messages import ModelManifest, canonical_bytes, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.targets import CREATIVES_NAME
from edgeagent.promotion.rules import CreativeFault, asset_path
from edgeagent.regular_file import read_regular
from model_export.heads.trained_model import TrainedModel
from model_export.publishing.creatives import (
    MEDIA_TYPES,
    check_creatives,
    media_type_of,
    read_entries,
)

__all__ = ["CreativesPack", "is_described", "pack_creatives", "write_pack"]


@dataclass(kw_only=True)
class CreativesPack:
    """What is to be signed, or why it is not."""

    creatives: int
    files: dict[str, bytes] = field(default_factory=dict)
    """By name; the catalogue is the last."""
    faults: list[CreativeFault] = field(default_factory=list)


def is_described(path: Path) -> bool:
    """Return whether a catalogue is as a person writes it, with files in the place of hashes.

    Raises:
        InputError: it cannot be read, or is no JSON object with a list of creatives.

    """
    _, entries = read_entries(path)
    return any(isinstance(each, dict) and isinstance(each.get("asset"), str) for each in entries)


def pack_creatives(
    path: Path,
    *,
    now: int,
    manifest: ModelManifest | None = None,
    model: TrainedModel | None = None,
) -> CreativesPack:
    """Pack what a person wrote; equal files give equal bytes, if ``issued_at`` is in them.

    Args:
        path: JSON. ``asset`` may be the name of a file beside it, ``starts_at`` and ``ends_at`` may
            be written as 2026-12-01T00:00:00Z; ``format``, ``issued_at`` and, with a manifest,
            ``space_id`` may be left out.
        now: seconds UTC, for ``issued_at``.
        manifest: of the model whose segments are named.
        model: the same, as it was trained: variants are held against their titles.

    Raises:
        InputError: it cannot be read, or is no JSON object with a list of creatives.

    """
    plain, entries = read_entries(path)
    pack = CreativesPack(creatives=len(entries))
    stated: dict[str, object] = {"format": 1, "issued_at": now}
    if manifest is not None:
        stated["space_id"] = manifest.space_id
    filled = [_filled(entry, number, path.parent, pack) for number, entry in enumerate(entries, 1)]
    whole = stated | plain | {"creatives": [entry for entry in filled if entry is not None]}
    pack.files[CREATIVES_NAME] = canonical_bytes(whole)
    with TemporaryDirectory(prefix="creatives-") as name:
        staged = Path(name)
        write_pack(pack.files, staged)
        checked = check_creatives(
            staged / CREATIVES_NAME, files=staged, manifest=manifest, model=model
        )
    pack.faults += checked.faults
    return pack


def write_pack(files: Mapping[str, bytes], directory: Path) -> None:
    """Write a pack; files that are there under other names are left.

    Raises:
        OutputError: the directory cannot be written to.

    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (directory / name).write_bytes(data)
    except OSError as error:
        raise OutputError(
            f"{directory} cannot be written: {error.strerror}", hint="choose another --out"
        ) from error


class _Unusable(Exception):
    """What is wrong with a file, and what to do."""


def _filled(entry: object, number: int, beside: Path, pack: CreativesPack) -> object:
    """Return an entry as boxes read it; ``None``: its file is at fault, which is noted."""
    if not isinstance(entry, dict):
        return entry
    moments = {name: _seconds(entry[name]) for name in ("starts_at", "ends_at") if name in entry}
    asset = entry.get("asset")
    if isinstance(asset, str):
        try:
            moments["asset"] = _described(asset, beside, pack)
        except _Unusable as error:
            what, hint = error.args
            crid = str(entry.get("crid") or f"number {number}")
            pack.faults.append(CreativeFault(crid=crid, field="asset", what=what, hint=hint))
            return None
    else:
        name = _name_in_pack(asset)
        if name is not None:
            with suppress(OSError):  # it is missed, or too long, when the pack is checked
                pack.files[name] = _bytes_of(beside / name)
    return entry | moments


def _described(name: str, beside: Path, pack: CreativesPack) -> dict[str, object]:
    if Path(name).name != name:
        raise _Unusable(f"{name!r} is no name of a file", f"put it into {beside}, name it alone")
    try:
        data = _bytes_of(beside / name)
    except OSError as error:
        most = f"put a file of {CREATIVE_FILE_CAP_BYTES} bytes at most there"
        raise _Unusable(f"{beside / name}: {error.strerror}", most) from error
    media_type = media_type_of(data)
    if media_type is None:
        raise _Unusable(f"{beside / name} is none of {', '.join(MEDIA_TYPES)}", "save it as one")
    sha256 = sha256_hex(data)
    path = asset_path(sha256, media_type)
    pack.files[path.rpartition("/")[2]] = data
    return {"path": path, "sha256": sha256, "length_bytes": len(data), "media_type": media_type}


def _bytes_of(path: Path) -> bytes:
    return read_regular(path, cap_bytes=CREATIVE_FILE_CAP_BYTES)


def _name_in_pack(asset: object) -> str | None:
    path = asset.get("path") if isinstance(asset, dict) else None
    return path.rpartition("/")[2] if isinstance(path, str) else None


def _seconds(moment: Any) -> Any:  # noqa: ANN401  (whatever the file holds; boxes' types judge it)
    """Return a moment in words as seconds UTC; anything else as it is."""
    try:
        told = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return moment
    return moment if told.tzinfo is None else int(told.timestamp())
