"""Viewings that were stored before the time was known, until they get their date.

They lie among all others under a date that only keeps them in order. What is sure of each is its
place in the time of a boot; that becomes its date when the time is known. Until then no age is
counted from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgeagent.messages import WatchEvent
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = ["BootTime", "UndatedViewing", "UndatedViewings", "note_undated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BootTime:
    """What the box's clock was worth when viewings were stored."""

    boot_id: str
    ahead_seconds: float
    """What it showed beyond the time of the boot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndatedViewing:
    """One viewing without a date."""

    seq: int
    boot_id: str
    boot_seconds: float


def note_undated(connection: KeyedConnection, events: Sequence[WatchEvent], boot: BootTime) -> None:
    """Note that the dates of events just stored say nothing."""
    connection.executemany(
        "INSERT OR IGNORE INTO undated (profile, watched_on, entity_id, boot_id, boot_seconds) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (
                event.profile,
                event.watched_on,
                event.entity_id,
                boot.boot_id,
                event.watched_on - boot.ahead_seconds,
            )
            for event in events
        ],
    )


class UndatedViewings:
    """Those of one history."""

    def __init__(self, database: Database) -> None:
        """Read and date those in ``database``."""
        self._database = database

    def exist(self) -> bool:
        """Say whether there are any."""
        return bool(self._database.read("SELECT EXISTS (SELECT 1 FROM undated)")[0][0])

    def date(self, dates: Callable[[Sequence[UndatedViewing]], Sequence[int]]) -> int:
        """Give all of them their dates, in one transaction, and return how many they were.

        Args:
            dates: returns a date, seconds UTC, for each of those it is given, latest stored first.

        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT seq, boot_id, boot_seconds FROM undated ORDER BY seq DESC"
            ).fetchall()
            viewings = [
                UndatedViewing(seq=seq, boot_id=boot_id, boot_seconds=boot_seconds)
                for seq, boot_id, boot_seconds in rows
            ]
            # One that is there already under its date is the same viewing told twice.
            connection.executemany(
                "UPDATE OR IGNORE events SET watched_on = ?1 WHERE (profile, watched_on, entity_id)"
                " IN (SELECT profile, watched_on, entity_id FROM undated WHERE seq = ?2)",
                [(date, item.seq) for date, item in zip(dates(viewings), viewings, strict=True)],
            )
            connection.execute("DELETE FROM undated")
        return len(rows)
