"""The list of the week of each profile.

A row stores the number of the last deletion before it, as showings do: every act of deletion ends
the lists that were made before it, since what was deleted had a part in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeagent.consent import Grant, Purpose
from edgeagent.messages import canonical_bytes, decode
from edgeagent.messages.week_list import WeekList
from edgeagent.store.database import Database
from edgeagent.store.profiles import require_profile

__all__ = ["SavedWeek", "WeekListStore"]

_CAP_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedWeek:
    """The stored list of a profile."""

    week: WeekList
    made_at: int
    oldest_cause: int
    """When the oldest viewing that it names was watched, seconds UTC."""
    after_seq: int
    """The number of the last deletion before it."""


class WeekListStore:
    """The lists of one history."""

    def __init__(self, database: Database, *, leave_no_trace: Callable[[], None]) -> None:
        """Serve ``database``; ``leave_no_trace`` truncates its log after a deletion."""
        self._database = database
        self._leave_no_trace = leave_no_trace

    def save(self, saved: SavedWeek, grant: Grant, *, still: Callable[[], bool]) -> bool:
        """Replace the list of the profile that a grant of ``personalization`` is for.

        ``still`` runs inside the transaction.

        Returns:
            Whether it was stored, as ``still`` decided.

        Raises:
            ConsentRequired: the grant is for another purpose.
            InputError: the profile does not exist.

        """
        grant.require(Purpose.PERSONALIZATION)
        require_profile(self._database, grant.profile)
        with self._database.transaction() as connection:
            kept = still()
            if kept:
                connection.execute(
                    "INSERT OR REPLACE INTO week_lists "
                    "(profile, made_at, body, oldest_cause, after_seq) VALUES (?, ?, ?, ?, ?)",
                    (
                        grant.profile,
                        saved.made_at,
                        canonical_bytes(saved.week),
                        saved.oldest_cause,
                        saved.after_seq,
                    ),
                )
        return kept

    def read(self, profile: str) -> SavedWeek | None:
        """Return the stored list of a profile, whatever its age."""
        rows = self._database.read(
            "SELECT made_at, body, oldest_cause, after_seq FROM week_lists WHERE profile = ?",
            (profile,),
        )
        if not rows:
            return None
        made_at, body, oldest_cause, after_seq = rows[0]
        return SavedWeek(
            week=decode(body, WeekList, cap_bytes=_CAP_BYTES),
            made_at=made_at,
            oldest_cause=oldest_cause,
            after_seq=after_seq,
        )

    def drop(self, *, before_seq: int) -> None:
        """Delete lists older than a number of the ledger's chain; cheap if there is none.

        Raises:
            StorageError: deleted, but another process still reads old pages; repeat the call.

        """
        found = self._database.read(
            "SELECT 1 FROM week_lists WHERE after_seq < ? LIMIT 1", (before_seq,)
        )
        if found:
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM week_lists WHERE after_seq < ?", (before_seq,))
            self._leave_no_trace()
