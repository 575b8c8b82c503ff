"""The log of creatives on the household's own screen, and those it does not want to see.

Frequency caps are kept from the log. A row stores the last number of the ledger's chain when it was
made, so that every act of deletion, whatever it deletes and for which profile, removes all that is
older: taste had a part in what was shown before it. ``promotion`` needs no place among the
purposes whose withdrawal calls reports off, because no report depends on these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from edgeagent.consent import Grant, Purpose
from edgeagent.promotion.showing import Instant, Showing
from edgeagent.store.database import Database
from edgeagent.store.profiles import require_profile

__all__ = ["CreativeMark", "MarkedCreative", "ShowingStore", "prune_showings"]

CreativeMark = Literal["creative", "advertiser", "category"]
_MOST_ROWS = 5000
"""50 a day for as long as a creative may run; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCreative:
    """Something that a profile does not want to see."""

    kind: CreativeMark
    name: str
    marked_at: int


class ShowingStore:
    """Showings and hidden creatives of one history."""

    def __init__(self, database: Database, *, leave_no_trace: Callable[[], None]) -> None:
        """Serve ``database``; ``leave_no_trace`` truncates its log after a deletion."""
        self._database = database
        self._leave_no_trace = leave_no_trace

    def add(
        self, showings: Sequence[Showing], grant: Grant, *, after: int, still: Callable[[], bool]
    ) -> bool:
        """Store what was shown to a profile, in one transaction.

        Args:
            showings: oldest first.
            grant: of ``promotion``.
            after: the last number of the ledger's chain when they were shown.
            still: runs inside the transaction; False if they must not be stored any more.

        Returns:
            Whether they were stored.

        Raises:
            ConsentRequired: the grant is for another purpose.
            InputError: the profile does not exist.
            DiskFull: nothing was stored.

        """
        grant.require(Purpose.PROMOTION)
        require_profile(self._database, grant.profile)
        with self._database.transaction() as connection:
            kept = still()
            if kept:
                connection.executemany(
                    "INSERT INTO showings (profile, crid, advertiser, cat, placement, shown_at, "
                    "boot_id, boot_seconds, certain, after_seq) VALUES (?,?,?,?,?,?,?,?,?,?)",
                    [_row(grant.profile, showing, after) for showing in showings],
                )
                connection.execute(
                    "DELETE FROM showings WHERE seq <= (SELECT max(seq) FROM showings) - ?",
                    (_MOST_ROWS,),
                )
        return kept

    def read(self, profile: str, *, since: int) -> tuple[Showing, ...]:
        """Return what was shown to a profile since a moment, seconds UTC, oldest first."""
        rows = self._database.read(
            "SELECT crid, advertiser, cat, placement, shown_at, boot_id, boot_seconds, certain "
            "FROM showings WHERE profile = ? AND shown_at >= ? ORDER BY seq",
            (profile, since),
        )
        return tuple(
            Showing(
                crid=row[0],
                advertiser=row[1],
                cat=row[2],
                placement=row[3],
                shown=Instant(at=row[4], boot_id=row[5], boot_seconds=row[6], certain=bool(row[7])),
            )
            for row in rows
        )

    def drop(self, *, before_seq: int) -> None:
        """Delete what is older than a number of the ledger's chain; cheap if there is nothing.

        Raises:
            StorageError: deleted, but another process still reads old pages; repeat the call.

        """
        found = self._database.read(
            "SELECT 1 FROM showings WHERE after_seq < ? LIMIT 1", (before_seq,)
        )
        if found:
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM showings WHERE after_seq < ?", (before_seq,))
            self._leave_no_trace()

    def hide(
        self,
        profile: str,
        kind: CreativeMark,
        name: str,
        *,
        at: int,
        after: int,
        still: Callable[[], None] = lambda: None,
    ) -> None:
        """Mark what a profile does not want to see; the same mark again keeps its date.

        Args:
            profile: whose mark.
            kind: what it hides.
            name: the creative's ``crid``, or the name of an advertiser or category.
            at: when, seconds UTC.
            after: sequence number of the last deletion before it.
            still: runs inside the transaction; raises if it must not be stored any more.

        """
        require_profile(self._database, profile)
        with self._database.transaction() as connection:
            still()
            connection.execute(
                "INSERT INTO creative_marks (profile, kind, name, marked_at, after_seq) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET after_seq = excluded.after_seq",
                (profile, kind, name, at, after),
            )

    def unhide(self, profile: str, kind: CreativeMark, name: str) -> bool:
        """Remove a mark; return whether there was one."""
        with self._database.transaction() as connection:
            deleted: int = connection.execute(
                "DELETE FROM creative_marks WHERE profile = ? AND kind = ? AND name = ?",
                (profile, kind, name),
            ).rowcount
        self._leave_no_trace()
        return deleted > 0

    def hidden(self, profile: str) -> tuple[MarkedCreative, ...]:
        """Return the marks of a profile, by kind and name."""
        rows = self._database.read(
            "SELECT kind, name, marked_at FROM creative_marks WHERE profile = ? "
            "ORDER BY kind, name",
            (profile,),
        )
        return tuple(MarkedCreative(kind=row[0], name=row[1], marked_at=row[2]) for row in rows)


def prune_showings(database: Database, *, before: int) -> int:
    """Delete what was shown before a moment, seconds UTC; return how many rows."""
    if not database.read("SELECT 1 FROM showings WHERE shown_at < ? LIMIT 1", (before,)):
        return 0
    with database.transaction() as connection:
        deleted: int = connection.execute(
            "DELETE FROM showings WHERE shown_at < ?", (before,)
        ).rowcount
    return deleted


def _row(profile: str, showing: Showing, after: int) -> tuple[object, ...]:
    shown = showing.shown
    return (
        profile,
        showing.crid,
        showing.advertiser,
        showing.cat,
        showing.placement,
        shown.at,
        shown.boot_id,
        shown.boot_seconds,
        int(shown.certain),
        after,
    )
