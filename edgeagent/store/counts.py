"""Counts that have begun: one row a week, under the ledger's chain, before the history is opened.

A box that dies of its count (a segmenter that takes all memory when it meets one title, say) would
otherwise begin it again at every start, and its silence would tell what was watched. With the row
it counts the week as "none" from the second beginning on.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.store.chain import Chain
from edgeagent.store.database import Database

__all__ = ["CountBegun", "Counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBegun:
    """The beginning of a count."""

    seq: int
    """Its place in the chain: what was decided later has a higher one."""
    begun_at: int
    """Seconds UTC."""
    due_at: int
    """When a report on the week is due, decided before anything was counted."""
    again: bool
    """Whether the count had begun before and was not booked."""


class Counts:
    """The beginnings of one ledger."""

    def __init__(self, database: Database, chain: Chain) -> None:
        """Keep them in ``database``, under ``chain``."""
        self._database = database
        self._chain = chain

    def begin(self, week: int, *, at: int, due_at: int) -> CountBegun:
        """Note that the count of a week begins now, or return that it had begun before.

        Args:
            week: which.
            at: seconds UTC.
            due_at: when a report on it is due, seconds UTC; that of the first beginning stays.

        Raises:
            LedgerBroken, DiskFull: nothing was noted, and nothing may be counted.

        """
        with self._chain.append() as writer:
            before = self._read(week)
            if before is None:
                seq = writer.tip.length
                writer.append("counts", {"week": week, "begun_at": at, "due_at": due_at})
                before = CountBegun(seq=seq, begun_at=at, due_at=due_at, again=False)
        return before

    def _read(self, week: int) -> CountBegun | None:
        rows = self._database.read(
            "SELECT seq, begun_at, due_at FROM counts WHERE week = ?", (week,)
        )
        if not rows:
            return None
        seq, begun_at, due_at = rows[0]
        return CountBegun(seq=seq, begun_at=begun_at, due_at=due_at, again=True)
