"""Problems of a home's files, recorded in the ledger's chain.

``history_older``: the history is older than the ledger's last rows, so it was restored from an old
copy. ``history_gone``: it is missing. ``tail_lost``: a write-ahead log ended in a write that does
not verify. All are problems until ``settled``, which a person does. ``marked``: from here on the
history holds a mark of the ledger, so that one without a mark is older. ``unmarked``: the history
was set aside or destroyed on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edgeagent.store.anchor import Mark
from edgeagent.store.chain import Chain
from edgeagent.store.clock_notes import last_known
from edgeagent.store.database import Database

__all__ = [
    "CUT_SHORT",
    "GONE",
    "PUT_BACK",
    "STORE_NOTES_TABLE",
    "StoreNote",
    "StoreNoteKind",
    "StoreNotes",
]

STORE_NOTES_TABLE = """
    CREATE TABLE store_notes (
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        detail TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
"""

PUT_BACK = "the history was put back: what was deleted may be in it, and nothing is reported"
GONE = "the history was gone: what was stored in it is missing, and nothing is reported"
CUT_SHORT = "a file was cut short or damaged: what was stored last may be missing"

StoreNoteKind = Literal[
    "history_gone", "history_older", "marked", "settled", "tail_lost", "unmarked"
]
_WORDS: Mapping[StoreNoteKind, str] = {
    "history_gone": GONE,
    "history_older": PUT_BACK,
    "tail_lost": CUT_SHORT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreNote:
    """One note."""

    kind: StoreNoteKind
    at: int
    """When it was noticed, seconds UTC."""
    detail: str
    """The file concerned."""

    @property
    def words(self) -> str:
        """What it means, for people; the same for every file and day."""
        return _WORDS[self.kind]


class StoreNotes:
    """Reads and appends the notes; also answers what the chain contains."""

    _database: Database
    _chain: Chain

    def stands_at(self) -> Mark:
        """Return the end of the chain, without comparing it with the anchor.

        Raises:
            LedgerBroken: a row is missing or was changed.

        """
        return self._chain.stands_at()

    def holds(self, mark: Mark) -> bool:
        """Return whether ``mark`` is a prefix of the chain; call after :meth:`stands_at`."""
        return self._chain.holds(mark)

    def has_moved_since(self, length: int) -> bool:
        """Return whether rows of witnessed tables follow the first ``length`` rows."""
        return self._chain.has_moved_since(length)

    def last_known_time(self) -> int:
        """Return the latest time this ledger knew, seconds UTC; 0 if none."""
        return last_known(self._database)

    def append_store_note(self, kind: StoreNoteKind, *, at: int, detail: str) -> None:
        """Append a note.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded.

        """
        with self._chain.append() as writer:
            writer.append("store_notes", {"kind": kind, "at": at, "detail": detail})

    def store_problems(self) -> tuple[StoreNote, ...]:
        """Return the unsettled problems, the oldest of each kind and file."""
        rows = self._database.read(
            "SELECT kind, min(at), detail FROM store_notes "
            "WHERE kind IN ('history_gone', 'history_older', 'tail_lost') AND seq > "
            "(SELECT coalesce(max(seq), -1) FROM store_notes WHERE kind = 'settled') "
            "GROUP BY kind, detail ORDER BY min(seq)"
        )
        return tuple(StoreNote(kind=kind, at=at, detail=detail) for kind, at, detail in rows)

    def is_history_put_back(self) -> bool:
        """Return whether it is unsettled that the history was restored or missing."""
        return any(note.words in {GONE, PUT_BACK} for note in self.store_problems())

    def expects_history(self) -> bool:
        """Return whether there was a history that was not removed on purpose."""
        rows = self._database.read(
            "SELECT kind FROM store_notes WHERE kind IN ('marked', 'unmarked') "
            "ORDER BY seq DESC LIMIT 1"
        )
        return bool(rows) and rows[0][0] == "marked"
