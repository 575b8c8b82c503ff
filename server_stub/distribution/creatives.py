"""Publish promos and ads: a role of their own, which comes into a repository with the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edgeagent.errors import InputError
from edgeagent.messages import sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import CreativeCatalogue, decode_creatives
from edgeagent.messages.targets import CREATIVES_NAME, CREATIVES_ROLE
from edgeagent.promotion.rules import require_sound
from edgeagent.regular_file import read_regular
from server_stub.distribution.content import content_of
from server_stub.distribution.operator import Operator
from server_stub.distribution.publication import Publication
from server_stub.distribution.roots import delegations_with_all_roles

__all__ = ["PackedCreatives", "publish_creatives", "read_creatives"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedCreatives:
    """A catalogue that keeps the rules of the box, and its files."""

    catalogue: CreativeCatalogue
    files: Mapping[str, bytes]
    """By path in the repository."""


def read_creatives(directory: Path) -> PackedCreatives:
    """Read what ``model-export creatives pack`` wrote.

    Raises:
        InputError: a file is missing, too long for a box, or not the one that the catalogue names.
        MalformedMessage: the catalogue breaks a rule, so that boxes would refuse it.

    """
    catalogue = decode_creatives(_read(directory / CREATIVES_NAME))
    require_sound(catalogue)
    files = {}
    for asset in (creative.asset for creative in catalogue.creatives):
        place = directory / asset.path.rpartition("/")[2]
        data = files[asset.path] = _read(place)
        if (sha256_hex(data), len(data)) != (asset.sha256, asset.length_bytes):
            raise InputError(
                f"{place} is not the file that {CREATIVES_NAME} names",
                hint="pack the creatives again with 'model-export creatives pack'",
            )
    return PackedCreatives(catalogue=catalogue, files=files)


def publish_creatives(operator: Operator, packed: PackedCreatives) -> None:
    """Publish creatives in the place of those before; model, task and stops stay as they are.

    A repository without the role gets it, with a new key, which the key of targets signs. After
    that the keys of creatives, log, snapshot and timestamp are enough.

    Raises:
        InputError: there is no repository, or a key is not here.
        OutputError: the directory cannot be written.

    """
    with operator.changing() as before:
        old = content_of(operator.repository, before)
        new = replace(old, creatives=packed.catalogue)
        Publication(operator, before).write(
            new.targets(),
            files={**packed.files, **new.messages()},
            delegations=delegations_with_all_roles(operator, before, CREATIVES_ROLE),
            renewed=(CREATIVES_ROLE,),
        )


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, cap_bytes=CREATIVE_FILE_CAP_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}",
            hint="name a directory that 'model-export creatives pack' wrote",
        ) from error
