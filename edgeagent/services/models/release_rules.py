"""Is everybody shown the same repository? The list of releases against what this box saw last.

Everything a repository publishes is in one append-only list, which its root names by id. A box
remembers how long the list was and its head. A list that does not begin with what the box saw, or
does not name what the box is to use, is a conflict: other boxes may be shown other files. It lasts
until the root, at a higher version, names a new list: that a person with the root keys decided.
A list that is only shorter may come from a mirror that is behind, asked by a box that has lost its
metadata: that conflict also ends with a list that begins with what the box saw.

Root and list may be of two moments where a mirror or CDN passes files on one by one. Such a list is
refused, and no conflict: the next update asks again.

Whether there is a conflict depends on signed metadata only, never on the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edgeagent.errors import MalformedMessage, UpdateRefused
from edgeagent.messages.release_list import ReleaseList, decode_releases, head
from edgeagent.services.models.release_watch import ReleasesConflict, ReleasesSeen, ReleaseWatch

if TYPE_CHECKING:
    from edgeagent.network.repository import Statement

__all__ = ["judged"]


def judged(
    known: ReleaseWatch,
    statement: Statement,
    data: bytes | None,
    *,
    used: Mapping[str, str],
    now: int,
) -> ReleaseWatch:
    """Return what a box knows after an update has verified; see ``conflict`` first.

    Args:
        known: from the updates before.
        statement: what root and roles say.
        data: the list, if there is one.
        used: SHA-256 of every target that this update uses, by path.
        now: seconds UTC.

    Raises:
        UpdateRefused: root and list are not of one moment; nothing is remembered.

    """
    before = known.conflict
    if before is not None and not before.is_shorter and not _is_way_out(known, statement):
        return known
    try:
        if statement.list_id is None and known.seen is None:
            return ReleaseWatch()
        return ReleaseWatch(seen=_extended(known, statement, data, used, now))
    except (_Conflict, MalformedMessage) as error:
        is_shorter = isinstance(error, _Shorter)
        if is_shorter and before is not None and before.is_shorter:
            return known  # and since when
        conflict = ReleasesConflict(
            reason=str(error),
            at=now,
            list_id=statement.list_id,
            root_version=statement.root_version,
            is_shorter=is_shorter,
        )
        return replace(known, conflict=conflict)


def _of_two_moments(what: str) -> UpdateRefused:
    return UpdateRefused(
        f"root and list of releases are of two moments: {what}",
        hint="a mirror or CDN, or the publisher, is just replacing files, and the next update "
        "asks again; if this persists, 'server-stub repo status' tells what is published",
    )


class _Conflict(Exception):
    """What is wrong, in words."""


class _Shorter(_Conflict):
    """Entries at the end are missing, and nothing else is wrong."""


def _is_way_out(known: ReleaseWatch, statement: Statement) -> bool:
    """Return whether the root names a list that is new to the box, and is newer itself."""
    before = [part for part in (known.seen, known.conflict) if part is not None]
    return (
        statement.list_id is not None
        and statement.list_id not in {part.list_id for part in before}
        and statement.root_version > max(part.root_version for part in before)
    )


def _extended(
    known: ReleaseWatch, statement: Statement, data: bytes | None, used: Mapping[str, str], now: int
) -> ReleasesSeen:
    if statement.list_id is None:
        raise _Conflict("the repository no longer keeps a list of releases")
    if data is None:
        raise _of_two_moments("the list is missing")
    releases = decode_releases(data)
    if releases.list_id != statement.list_id:
        raise _of_two_moments("the list is not the one that the root names")
    _require_entries(releases, statement, used)
    seen, length = known.seen, len(releases.entries)
    latest = ReleasesSeen(
        list_id=releases.list_id,
        length=length,
        head=head(releases),
        root_version=statement.root_version,
        accepted_at=now,
    )
    if seen is None:
        return latest
    if seen.list_id != releases.list_id:
        if statement.root_version <= seen.root_version:
            raise _Conflict("another list of releases is named by a root of the same version")
        return replace(latest, earlier_id=seen.list_id)
    if length < seen.length:
        raise _Shorter(f"the list of releases had {seen.length} entries and now has {length}")
    if head(releases, seen.length) != seen.head:
        raise _Conflict(f"the first {seen.length} entries of the list of releases have changed")
    return replace(latest, accepted_at=seen.accepted_at, earlier_id=seen.earlier_id)


def _require_entries(releases: ReleaseList, statement: Statement, used: Mapping[str, str]) -> None:
    listed = set(releases.entries)
    files = {(entry.name, entry.sha256) for entry in releases.entries if entry.kind == "file"}
    missing = [
        *(f"{role.name} {role.version}" for role in statement.roles if role not in listed),
        *(path for path, sha256 in used.items() if (path, sha256) not in files),
    ]
    if missing == [f"root {statement.root_version}"]:
        raise _of_two_moments(f"the list does not name {missing[0]} yet")
    if missing:
        raise _Conflict(f"the list of releases does not name {', '.join(missing)[:200]}")
