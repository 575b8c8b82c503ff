"""Notes about when the time was known, in the same chain as the decisions.

``known``: a freshly verified timestamp and the system clock agree. The first one starts the silent
period of a new ledger, and a consent counts for reports from the first one after it. ``behind``
follows a consent that was given while the clock was certainly wrong (a box that boots in 1970): its
date is meaningless, so its two years begin at the next ``known``.
"""

from __future__ import annotations

from edgeagent.clock import WEEK_SECONDS
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = ["append_behind", "append_known", "first_known", "is_note_due"]


def append_known(writer: ChainWriter, *, at: int) -> None:
    """Append that the time is known."""
    writer.append("clock_notes", {"kind": "known", "at": at})


def append_behind(writer: ChainWriter, *, at: int) -> None:
    """Append that the consent just before it was given under a clock that was behind."""
    writer.append("clock_notes", {"kind": "behind", "at": at})


def first_known(database: Database) -> int | None:
    """Return when this ledger first knew the time; ``None`` if it never did."""
    rows = database.read("SELECT at FROM clock_notes WHERE kind = 'known' ORDER BY seq LIMIT 1")
    return rows[0][0] if rows else None


def is_note_due(database: Database, *, at: int) -> bool:
    """Return whether a note is due: none yet, a consent since, or a week has passed.

    So the chain bounds the time from below, to within a week of use. A time before the last note is
    an error of the clock and is not noted.
    """
    ((last, before, consents),) = database.read(
        "SELECT coalesce(max(seq), -1), coalesce(max(at), 0), "
        "(SELECT coalesce(max(seq), -1) FROM consents) FROM clock_notes WHERE kind = 'known'"
    )
    return bool(at >= before and (last < 0 or consents > last or at - before >= WEEK_SECONDS))


def last_known(database: Database) -> int:
    """Return the latest time this ledger knew, seconds UTC; 0 if none."""
    rows = database.read("SELECT coalesce(max(at), 0) FROM clock_notes WHERE kind = 'known'")
    at: int = rows[0][0]
    return at
