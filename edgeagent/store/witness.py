"""The history's mark of the ledger: a second anchor, stored in the other database.

Restoring old copies of ``ledger.db`` and ``ledger.anchor`` would return privacy budget that was
spent; restoring an old ``history.db`` would bring back deleted viewings. So the history stores the
length and head of the ledger's chain. This mark moves with every row of the chain (a decision, a
draw, a deletion, a preview; not with clock notes and deliveries), in the order *intent*, COMMIT of
the ledger, *confirmed*, and never with a viewing. If the mark is behind the chain, the history was
restored; if the chain is behind the mark, the ledger was. Only restoring both together is not
detected.

The history also stores that something was deleted while a broken ledger could not record it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from edgeagent.errors import Damaged, KeyProviderError, NotOurDatabase, WrongKey
from edgeagent.messages.codec import canonical_bytes, decode
from edgeagent.store.anchor import Position
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = [
    "LEDGER_MARK_TABLE",
    "HistoryWitness",
    "Witness",
    "read_mark",
    "write_mark",
]

LEDGER_MARK_TABLE = """
    CREATE TABLE ledger_mark (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        position BLOB NOT NULL
    ) STRICT
"""
_UNREADABLE = (Damaged, KeyProviderError, NotOurDatabase, WrongKey)
"""Errors with which the history gives no answer; the ledger works without it."""
_CAP_BYTES = 1024


class Witness(Protocol):
    """Stores, outside the ledger, the position of its chain."""

    def prepare(self) -> None:
        """Prepare for the other calls; called outside of any transaction."""
        ...

    def position(self) -> Position | None:
        """Return the stored position; ``None`` if there is none or it is unreadable."""
        ...

    def remember(self, position: Position) -> None:
        """Store another position, durably."""
        ...

    def owes(self) -> bool:
        """Return whether something was deleted that the ledger has not recorded."""
        ...

    def owe(self, *, owes: bool) -> None:
        """Store, durably, whether there is."""
        ...


class HistoryWitness:
    """The witness in the history, as far as that opens."""

    def __init__(
        self, *, opened: Callable[[], Database | None], prepare: Callable[[], object]
    ) -> None:
        """Store the mark in the database that ``opened`` returns; ``prepare`` opens it."""
        self._opened = opened
        self._prepare = prepare
        self._is_unreadable = False

    def prepare(self) -> None:
        """Open the history; after one failure it is not tried again for its mark."""
        if not self._is_unreadable:
            try:
                self._prepare()
            except _UNREADABLE:
                self._is_unreadable = True

    def position(self) -> Position | None:
        """Return the mark in the open history."""
        database = self._opened()
        try:
            return None if database is None else read_mark(database)
        except _UNREADABLE:
            return None

    def remember(self, position: Position) -> None:
        """Move the mark; in a history that does not open it stays behind, which shows later."""
        database = self._opened()
        if database is not None:
            with suppress(*_UNREADABLE), database.transaction() as connection:
                write_mark(connection, position)

    def owes(self) -> bool:
        """Return whether the row exists; false for an unreadable history."""
        database = self._opened()
        try:
            return database is not None and bool(database.read("SELECT 1 FROM owed"))
        except _UNREADABLE:
            return False

    def owe(self, *, owes: bool) -> None:
        """Write or delete that row; does nothing if the history is missing or does not open."""
        database = self._opened()
        if database is not None:
            sql = "INSERT OR IGNORE INTO owed VALUES (1)" if owes else "DELETE FROM owed"
            with suppress(*_UNREADABLE), database.transaction() as connection:
                connection.execute(sql)


def read_mark(database: Database) -> Position | None:
    """Return the mark in a history; ``None`` if an earlier release made it."""
    rows = database.read("SELECT position FROM ledger_mark")
    return decode(rows[0][0], Position, cap_bytes=_CAP_BYTES) if rows else None


def write_mark(connection: KeyedConnection, position: Position) -> None:
    """Replace the mark."""
    connection.execute(
        "INSERT INTO ledger_mark (id, position) VALUES (1, ?) "
        "ON CONFLICT (id) DO UPDATE SET position = excluded.position",
        (canonical_bytes(position),),
    )
