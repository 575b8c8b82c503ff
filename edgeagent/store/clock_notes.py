"""What the box knew of the time, under the same chain as what was decided.

Two notes. ``known``: a freshly verified timestamp and the system clock agree; the first one begins
the silence of a new ledger, and a consent counts for reports from the first one after it.
``behind`` follows a consent that was given while the clock stood before what is certain (a box that
boots in 1970): its date says nothing, so its two years begin at the next ``known``.
"""

from __future__ import annotations

from edgeagent.clock import WEEK_SECONDS
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = ["append_behind", "append_known", "first_known", "is_note_due"]


def append_known(writer: ChainWriter, *, at: int) -> None:
    """Note that the time is known."""
    writer.append("clock_notes", {"kind": "known", "at": at})


def append_behind(writer: ChainWriter, *, at: int) -> None:
    """Note that the consent just before was given under a clock that was behind."""
    writer.append("clock_notes", {"kind": "behind", "at": at})


def first_known(database: Database) -> int | None:
    """Return when the time was first known to this ledger."""
    rows = database.read("SELECT at FROM clock_notes WHERE kind = 'known' ORDER BY seq LIMIT 1")
    return rows[0][0] if rows else None


def is_note_due(database: Database, *, at: int) -> bool:
    """Say whether a note would tell anything new: none yet, consents since, or a week has passed.

    So what is known of the time is in the chain, and cannot be put back further than a week.
    A time before the last note is no news but an error: whatever the clock lost, the chain did not.
    """
    ((last, before, consents),) = database.read(
        "SELECT coalesce(max(seq), -1), coalesce(max(at), 0), "
        "(SELECT coalesce(max(seq), -1) FROM consents) FROM clock_notes WHERE kind = 'known'"
    )
    return bool(at >= before and (last < 0 or consents > last or at - before >= WEEK_SECONDS))


def last_known(database: Database) -> int:
    """Return the latest time that was known to this ledger; 0 where none was."""
    rows = database.read("SELECT coalesce(max(at), 0) FROM clock_notes WHERE kind = 'known'")
    at: int = rows[0][0]
    return at
