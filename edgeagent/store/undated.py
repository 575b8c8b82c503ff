"""Viewings that were stored before the time was known.

They are stored among the others under a provisional date that only keeps their order; if two boots
begin at the same date, colliding viewings get the next free seconds. What is certain is each one's
boot time, which is converted into its date once the time is known. Until then they do not age.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import msgspec

from edgeagent.messages import WatchEvent
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database
from edgeagent.store.events import UPSERT, event_row, free_moment

__all__ = ["BootTime", "UndatedViewing", "UndatedViewings", "add_undated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BootTime:
    """The relation of the wrong clock to boot time when viewings were stored."""

    boot_id: str
    ahead_seconds: float
    """Clock minus boot time, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndatedViewing:
    """One viewing without a date."""

    seq: int
    boot_id: str
    boot_seconds: float


def add_undated(
    connection: KeyedConnection,
    events: Sequence[WatchEvent],
    boot: BootTime,
    *,
    source: str,
    after: int,
) -> None:
    """Store events whose dates are meaningless; repeats within a boot are stored once."""
    for event in events:
        told, boot_seconds = event.watched_on, event.watched_on - boot.ahead_seconds
        if boot_seconds < 0 and _is_dated(connection, event):
            # Dated before this boot: an app repeats a viewing that has its date already.
            connection.execute(UPSERT, event_row(event, source, after=after))
            continue
        noted = connection.execute(
            "SELECT watched_on FROM undated WHERE profile = ? AND entity_id = ? AND boot_id = ? "
            "AND coalesce(told_on, watched_on) = ?",
            (event.profile, event.entity_id, boot.boot_id, told),
        ).fetchone()
        place = noted[0] if noted else _place(connection, event)
        placed = msgspec.structs.replace(event, watched_on=place)
        connection.execute(UPSERT, event_row(placed, source, after=after))
        connection.execute(
            "INSERT OR IGNORE INTO undated "
            "(profile, watched_on, entity_id, boot_id, boot_seconds, told_on) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (event.profile, place, event.entity_id, boot.boot_id, boot_seconds, told),
        )


def _place(connection: KeyedConnection, event: WatchEvent) -> int:
    moments = count(event.watched_on)
    return free_moment(connection, event.profile, event.entity_id, moments)


def _is_dated(connection: KeyedConnection, event: WatchEvent) -> bool:
    """Return whether it is stored under its date already."""
    row = connection.execute(
        "SELECT 1 FROM events WHERE profile = ?1 AND watched_on = ?2 AND entity_id = ?3 "
        "AND NOT EXISTS (SELECT 1 FROM undated "
        "WHERE profile = ?1 AND watched_on = ?2 AND entity_id = ?3)",
        (event.profile, event.watched_on, event.entity_id),
    ).fetchone()
    return row is not None


class UndatedViewings:
    """The undated viewings of one history."""

    def __init__(self, database: Database) -> None:
        """Read and date the viewings in ``database``."""
        self._database = database

    def exist(self) -> bool:
        """Return whether there are any."""
        return bool(self._database.read("SELECT EXISTS (SELECT 1 FROM undated)")[0][0])

    def date(self, dates: Callable[[Sequence[UndatedViewing]], Sequence[int]], boot_id: str) -> int:
        """Date all of them, in one transaction, and return how many there were.

        Args:
            dates: returns a date, seconds UTC, for each viewing; they are passed latest stored
                first.
            boot_id: the boot whose dates are exact. Dates of other boots are estimates, which yield
                to a viewing stored under the same date.

        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT seq, boot_id, boot_seconds, profile, watched_on, entity_id, "
                "progress_fraction, progress_seconds, completed, source, teen, "
                "coalesce(after_seq, 0), app "
                "FROM undated JOIN events USING (profile, watched_on, entity_id) ORDER BY seq DESC"
            ).fetchall()
            # Delete all first, so that none collides with another; their rows in undated cascade.
            connection.execute(
                "DELETE FROM events WHERE (profile, watched_on, entity_id) IN "
                "(SELECT profile, watched_on, entity_id FROM undated)"
            )
            viewings = [UndatedViewing(seq=r[0], boot_id=r[1], boot_seconds=r[2]) for r in rows]
            for date, row in zip(dates(viewings), rows, strict=True):
                profile, entity_id, at = row[3], row[5], date
                if row[1] != boot_id:
                    at = free_moment(connection, profile, entity_id, count(date, -1))
                # A viewing already stored under the same exact date is the same one, reported
                # twice.
                connection.execute(UPSERT, (profile, at, *row[5:]))
        return len(rows)
