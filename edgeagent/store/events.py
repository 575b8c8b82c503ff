"""Rows of the events table: writing, reading and pruning them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from edgeagent.messages import Viewing, WatchEvent
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database, Row

__all__ = [
    "COLUMNS",
    "UPSERT",
    "KeptViewing",
    "delete_teens",
    "event_row",
    "free_moment",
    "prune_batch",
    "put_back",
    "read_kept",
    "viewing_of",
]

COLUMNS = "entity_id, watched_on, progress_fraction, progress_seconds, completed"

# An app may send the same viewing again, usually with more progress: the larger one counts. An
# imported event that is reported as watched becomes a watched one, never the other way round.
UPSERT = """
    INSERT INTO events (
        profile, watched_on, entity_id, progress_fraction, progress_seconds, completed, source,
        teen, after_seq, app
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (profile, watched_on, entity_id) DO UPDATE SET
        progress_fraction = max(
            coalesce(progress_fraction, excluded.progress_fraction),
            coalesce(excluded.progress_fraction, progress_fraction)
        ),
        progress_seconds = max(
            coalesce(progress_seconds, excluded.progress_seconds),
            coalesce(excluded.progress_seconds, progress_seconds)
        ),
        completed = max(completed, excluded.completed),
        source = max(source, excluded.source),
        teen = max(teen, excluded.teen),
        after_seq = max(coalesce(after_seq, 0), excluded.after_seq),
        app = coalesce(app, excluded.app)
"""

_BATCH = 1000
_PRUNE_BATCH = 500
"""Small transactions, so that a viewing that comes in meanwhile does not wait for a year's rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptViewing:
    """A viewing and its source."""

    viewing: Viewing
    source: Literal["watched", "imported"]
    teen: bool = False
    """Whether the app marked it as a teen's, in any profile."""
    app: str | None = None
    """Which app told of it first; ``None``: no app."""


def read_kept(database: Database, profile: str, *, since: int) -> Iterator[KeptViewing]:
    """Yield a profile's viewings from ``since`` on, oldest first; memory stays small."""
    last = (since, "")  # sorts before every title of that second
    while True:
        rows = database.read(
            f"SELECT {COLUMNS}, source, teen, app FROM events "  # noqa: S608  (our own column names)
            "WHERE profile = ? AND (watched_on, entity_id) > (?, ?) "
            "ORDER BY watched_on, entity_id LIMIT ?",
            (profile, *last, _BATCH),
        )
        for row in rows:
            yield KeptViewing(viewing=viewing_of(row), source=row[5], teen=bool(row[6]), app=row[7])
        if len(rows) < _BATCH:
            return
        last = (rows[-1][1], rows[-1][0])


def delete_teens(database: Database) -> int:
    """Delete viewings marked as a teen's, and picks that may cite them; return how many."""
    if not database.read("SELECT EXISTS (SELECT 1 FROM events WHERE teen = 1)")[0][0]:
        return 0
    with database.transaction() as connection:
        connection.execute(
            "DELETE FROM last_picks WHERE profile IN (SELECT profile FROM events WHERE teen = 1)"
        )
        connection.execute(
            "DELETE FROM week_lists WHERE profile IN (SELECT profile FROM events WHERE teen = 1)"
        )
        deleted: int = connection.execute("DELETE FROM events WHERE teen = 1").rowcount
    return deleted


def event_row(event: WatchEvent, source: str, *, after: int) -> Row:
    """Return the parameters of :data:`UPSERT`."""
    return (
        event.profile,
        event.watched_on,
        event.entity_id,
        event.progress_fraction,
        event.progress_seconds,
        event.completed,
        source,
        event.age_policy == "app:teen",
        after,
        event.app,
    )


def viewing_of(row: Row) -> Viewing:
    """Return the viewing in a row that begins with :data:`COLUMNS`."""
    return Viewing(
        entity_id=row[0],
        watched_on=row[1],
        progress_fraction=row[2],
        progress_seconds=row[3],
        completed=bool(row[4]),
    )


def prune_batch(database: Database, profile: str, before: int) -> int:
    """Delete a batch of viewings before a moment and return how many; 0: none is left.

    The profile's picks are deleted too, because they may cite them. Undated viewings do not age.
    """
    with database.transaction() as connection:
        deleted: int = connection.execute(
            "DELETE FROM events WHERE (profile, watched_on, entity_id) IN ("
            "SELECT profile, watched_on, entity_id FROM events "
            "WHERE profile = ?1 AND watched_on < ?2 AND (profile, watched_on, entity_id) NOT IN "
            "(SELECT profile, watched_on, entity_id FROM undated) "
            "ORDER BY watched_on, entity_id LIMIT ?3)",
            (profile, before, _PRUNE_BATCH),
        ).rowcount
        if deleted:
            connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
            # The list of a week names two viewings, and stays while both are kept.
            connection.execute(
                "DELETE FROM week_lists WHERE profile = ? AND oldest_cause < ?", (profile, before)
            )
    return deleted


def free_moment(
    connection: KeyedConnection, profile: str, entity_id: str, moments: Iterable[int]
) -> int:
    """Return the first moment, seconds UTC, at which no viewing of that title is stored."""
    sql = "SELECT 1 FROM events WHERE profile = ? AND watched_on = ? AND entity_id = ?"
    return next(
        at for at in moments if connection.execute(sql, (profile, at, entity_id)).fetchone() is None
    )


def put_back(database: Database, *, after: int, to: int) -> int:
    """Move viewings dated after ``after`` to ``to`` and the seconds before it; return how many.

    Their order stays: each is one second before the next. Undated viewings are not moved.
    """
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT profile, watched_on, entity_id FROM events WHERE watched_on > ? "
            "AND (profile, watched_on, entity_id) NOT IN "
            "(SELECT profile, watched_on, entity_id FROM undated) ORDER BY watched_on DESC",
            (after,),
        ).fetchall()
        at = to + 1
        for profile, watched_on, entity_id in rows:
            at = free_moment(connection, profile, entity_id, count(at - 1, -1))
            connection.execute(
                "UPDATE events SET watched_on = ? "
                "WHERE profile = ? AND watched_on = ? AND entity_id = ?",
                (at, profile, watched_on, entity_id),
            )
    return len(rows)
