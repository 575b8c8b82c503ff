"""The begun counts: one row per week in the ledger's chain, written before the history is opened.

A count that crashes the box (for example a segmenter that exhausts memory on one title) would
otherwise start again at every boot, and the missing report would reveal what was watched. With this
row the week counts as "none" from the second attempt on.
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
    """Its sequence number in the chain: later decisions have a higher one."""
    begun_at: int
    """Seconds UTC."""
    due_at: int
    """When a report on the week is due, seconds UTC; drawn before anything is counted."""
    again: bool
    """Whether an earlier count was begun and not booked."""


class Counts:
    """The begun counts of one ledger."""

    def __init__(self, database: Database, chain: Chain) -> None:
        """Store them in ``database``, under ``chain``."""
        self._database = database
        self._chain = chain

    def begin(self, week: int, *, at: int, due_at: int) -> CountBegun:
        """Record that the count of a week begins now, or return that it was begun before.

        Args:
            week: the reporting week.
            at: seconds UTC.
            due_at: when a report on it is due, seconds UTC; the value of the first attempt stays.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded, and nothing may be counted.

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
