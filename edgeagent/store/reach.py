"""How far a deletion reaches in the history: to all that is older than its place in the chain.

Each row keeps the place of the last act of deletion before it was stored. No clock is asked: a mark
made in the second of a withdrawal, or after one under a clock that ran ahead, is newer than it, and
a deletion that is carried out late leaves what was stored meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = [
    "EVERYTHING",
    "Reach",
    "delete_older",
    "forget_older",
    "holds_older",
    "remove_older_profile",
]

_ALL = 2**62
_CONDITIONS = {
    "events": "after_seq < ?2 OR (after_seq IS NULL AND ?3 >= 0)",
    "last_picks": "after_seq < ?2 OR (after_seq IS NULL AND ?3 >= 0)",
    "title_marks": "after_seq < ?2 OR (after_seq IS NULL AND marked_at <= ?3)",
}
_TABLES = tuple(_CONDITIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a deletion reaches."""

    seq: int
    """Its place in the chain: rows stored after an earlier deletion are older."""
    unplaced_until: int = _ALL
    """A release from before rows had a place left some without: they are reached, but of marks only
    those made up to this moment, seconds UTC. Negative: none is."""


EVERYTHING = Reach(seq=_ALL)


def holds_older(
    database: Database, profile: str, reach: Reach, *, tables: Collection[str] = _TABLES
) -> bool:
    """Say whether a profile has anything in ``tables`` that is reached."""
    sql = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE profile = ?1 "  # noqa: S608  (our own tables)
        f"AND ({_CONDITIONS[table]}))"
        for table in tables
    )
    return bool(database.read(f"SELECT {sql}", _parameters(profile, reach))[0][0])


def delete_older(
    connection: KeyedConnection, profile: str, reach: Reach, *, tables: Collection[str] = _TABLES
) -> int:
    """Delete what is reached of a profile in ``tables``; return how many viewings that were."""
    deleted: dict[str, int] = {
        table: connection.execute(
            f"DELETE FROM {table} WHERE profile = ?1 "  # noqa: S608  (as above)
            f"AND ({_CONDITIONS[table]})",
            _parameters(profile, reach),
        ).rowcount
        for table in tables
    }
    return deleted.get("events", 0)


def forget_older(connection: KeyedConnection, profile: str, entity_id: str, reach: Reach) -> int:
    """Delete what is reached of a title in a profile, but hiding it; return how many viewings."""
    deleted: dict[str, int] = {
        table: connection.execute(
            f"DELETE FROM {table} WHERE profile = ?1 AND entity_id = ?4 "  # noqa: S608  (as above)
            f"AND {which} AND ({_CONDITIONS[table]})",
            (*_parameters(profile, reach), entity_id),
        ).rowcount
        for table, which in (("events", "TRUE"), ("title_marks", "mark = 'not_reason'"))
    }
    return deleted["events"]


def remove_older_profile(connection: KeyedConnection, profile: str, reach: Reach) -> None:
    """Remove a profile that is reached, unless something newer than the deletion belongs to it."""
    left = " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM {table} WHERE profile = ?1)"  # noqa: S608  (as above)
        for table in _TABLES
    )
    connection.execute(
        "DELETE FROM profiles WHERE name = ?1 "  # noqa: S608  (as above)
        f"AND (after_seq < ?2 OR (after_seq IS NULL AND ?3 >= 0)) {left}",
        _parameters(profile, reach),
    )


def _parameters(profile: str, reach: Reach) -> tuple[str, int, int]:
    return profile, reach.seq, reach.unplaced_until
