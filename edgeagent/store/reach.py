"""Which rows of the history a deletion removes: all that are older than its sequence number.

Each row stores the sequence number of the last deletion before it. Clocks are not used, so that a
mark made in the same second as a withdrawal, or dated by a fast clock, is ordered correctly, and a
deletion that is carried out late keeps what was stored meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = [
    "EVERYTHING",
    "Reach",
    "ViewingSpan",
    "delete_older",
    "forget_older",
    "forget_span",
    "holds_older",
    "remove_older_profile",
]

_ALL = 2**62  # above every sequence number
_CONDITIONS = {
    "events": "after_seq < ?2 OR (after_seq IS NULL AND ?3 >= 0)",
    "last_picks": "after_seq < ?2 OR (after_seq IS NULL AND ?3 >= 0)",
    "title_marks": "after_seq < ?2 OR (after_seq IS NULL AND marked_at <= ?3)",
    # Their rows always have a number; each condition uses both parameters.
    "week_lists": "after_seq < ?2 AND ?3 IS NOT NULL",
    "showings": "after_seq < ?2 AND ?3 IS NOT NULL",
    "creative_marks": "after_seq < ?2 AND ?3 IS NOT NULL",
}
_TABLES = tuple(_CONDITIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The rows that a deletion removes."""

    seq: int
    """Its sequence number: rows stored after an earlier deletion, or none, are older."""
    unplaced_until: int = _ALL
    """For rows of a release without sequence numbers: viewings and picks are removed, marks only if
    made up to this moment, seconds UTC. Negative: none of these rows is removed."""


EVERYTHING = Reach(seq=_ALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingSpan:
    """The viewings that began in a span of time, seconds UTC."""

    since: int
    until: int | None = None
    """The first moment after it; ``None``: it has no end, so that dates ahead are in it, too."""
    entity_id: str | None = None
    """Only viewings of this title."""


def holds_older(
    database: Database, profile: str, reach: Reach, *, tables: Collection[str] = _TABLES
) -> bool:
    """Return whether a profile has rows in ``tables`` that are in reach."""
    sql = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE profile = ?1 "  # noqa: S608  (our own tables)
        f"AND ({_CONDITIONS[table]}))"
        for table in tables
    )
    return bool(database.read(f"SELECT {sql}", _parameters(profile, reach))[0][0])


def delete_older(
    connection: KeyedConnection, profile: str, reach: Reach, *, tables: Collection[str] = _TABLES
) -> int:
    """Delete a profile's rows in reach from ``tables``; return how many were viewings."""
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
    """Delete a title's rows in reach, except that it is hidden; return how many were viewings."""
    deleted: dict[str, int] = {
        table: connection.execute(
            f"DELETE FROM {table} WHERE profile = ?1 AND entity_id = ?4 "  # noqa: S608  (as above)
            f"AND {which} AND ({_CONDITIONS[table]})",
            (*_parameters(profile, reach), entity_id),
        ).rowcount
        for table, which in (("events", "TRUE"), ("title_marks", "mark = 'not_reason'"))
    }
    return deleted["events"]


def forget_span(connection: KeyedConnection, profile: str, span: ViewingSpan, reach: Reach) -> int:
    """Delete the viewings of a span that are in reach; return how many.

    With its last viewing a title is no longer excluded: the mark would tell that it was watched.
    """
    deleted = connection.execute(
        "DELETE FROM events WHERE profile = ?1 AND watched_on >= ?4 "  # noqa: S608  (as above)
        "AND (?5 IS NULL OR watched_on < ?5) AND (?6 IS NULL OR entity_id = ?6) "
        f"AND ({_CONDITIONS['events']}) RETURNING entity_id",
        (*_parameters(profile, reach), span.since, span.until, span.entity_id),
    ).fetchall()
    connection.executemany(
        "DELETE FROM title_marks WHERE profile = ?1 AND entity_id = ?4 "  # noqa: S608  (as above)
        f"AND mark = 'not_reason' AND ({_CONDITIONS['title_marks']}) "
        "AND NOT EXISTS (SELECT 1 FROM events WHERE profile = ?1 AND entity_id = ?4)",
        [(*_parameters(profile, reach), entity_id) for (entity_id,) in deleted],
    )
    return len(deleted)


def remove_older_profile(connection: KeyedConnection, profile: str, reach: Reach) -> None:
    """Delete a profile in reach, unless newer data belong to it."""
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
