"""ReleaseList: everything that a repository has published, in an append-only list.

Each list has the one before it as its beginning, so that boxes can compare what they were shown by
one number and one hash: a repository that shows two boxes different metadata has to keep two lists.

The head of the first n entries is a hash chain over bytes::

    h_0 = SHA-256("edgeagent release list" + list_id)    both in ASCII
    h_n = SHA-256(h_(n-1) + canonical JSON of entry n)   n counts from 1
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.messages.fields import Sha256
from edgeagent.messages.targets import CREATIVES_ROLE, METADATA, ContentRole, ModelRole

__all__ = [
    "RELEASES_CAP_BYTES",
    "ListId",
    "ReleaseEntry",
    "ReleaseKind",
    "ReleaseList",
    "decode_releases",
    "head",
    "role_entry",
]

RELEASES_CAP_BYTES = 1024 * 1024
"""About 700 publications: one a week for 13 years."""
_MOST_ENTRIES = 9_000  # an entry takes 117 bytes or more
_CHAIN_NAME = b"edgeagent release list"

ListId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
_RoleKind = Literal["root", "targets", ModelRole]
ReleaseKind = Literal["file", _RoleKind]
"""A target file, or the metadata of a role. Snapshot, timestamp and the list's own role are left
out: they name no content of their own, and a list cannot hold its own hash. Boxes refuse a kind
that they do not know and then report nothing, so there will never be more: see :func:`role_entry`.
"""


class ReleaseEntry(Message, frozen=True, kw_only=True):
    """One version of a role's metadata, or one target file."""

    kind: ReleaseKind
    name: Annotated[str, Meta(max_length=200, pattern=r"^[a-z0-9]+(/[a-z0-9][a-z0-9._-]*)*\Z")]
    """Path of a file; for metadata, the role, which is also the kind."""
    version: Annotated[int, Meta(ge=1, lt=2**31)]
    """Of the metadata; for a file, of the role that first named it with these bytes."""
    sha256: Sha256
    """Of the file's bytes."""

    def __post_init__(self) -> None:
        """Raise where kind and name do not belong together."""
        if "/" not in self.name if self.kind == "file" else self.name != self.kind:
            message = "a file is named by its path, metadata by its role"
            raise ValueError(message)


class ReleaseList(Message, frozen=True, kw_only=True):
    """The entries in the order in which they were published."""

    list_id: ListId
    """Random; the signed root names it."""
    entries: Annotated[tuple[ReleaseEntry, ...], Meta(max_length=_MOST_ENTRIES)]

    def __post_init__(self) -> None:
        """Raise for a version that is listed twice."""
        if len({(entry.name, entry.version) for entry in self.entries}) < len(self.entries):
            message = "entries names a version twice"
            raise ValueError(message)


def role_entry(role: _RoleKind | ContentRole, *, version: int, sha256: str) -> ReleaseEntry:
    """Return the entry of one version of a role's metadata.

    A role that came after the list is named as the file that it is, ``metadata/creatives.json``.
    """
    if role == CREATIVES_ROLE:
        name = f"{METADATA}/{role}.json"
        return ReleaseEntry(kind="file", name=name, version=version, sha256=sha256)
    return ReleaseEntry(kind=role, name=role, version=version, sha256=sha256)


def decode_releases(data: bytes) -> ReleaseList:
    """Decode a list of releases (≤ 1 MiB, canonical).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, ReleaseList, cap_bytes=RELEASES_CAP_BYTES, canonical=True)


def head(releases: ReleaseList, length: int | None = None) -> str:
    """Return the head of the first ``length`` entries, or of all, in hex.

    Raises:
        ValueError: the list is shorter.

    """
    if length is None:
        length = len(releases.entries)
    if not 0 <= length <= len(releases.entries):
        message = f"length {length} of {len(releases.entries)}"
        raise ValueError(message)
    chain = hashlib.sha256(_CHAIN_NAME + releases.list_id.encode()).digest()
    for entry in releases.entries[:length]:
        chain = hashlib.sha256(chain + canonical_bytes(entry)).digest()
    return chain.hex()
