"""The history's mark of the ledger: a second anchor, inside the other database.

Whoever puts ``ledger.db`` back together with ``ledger.anchor`` gives back a budget that was spent,
and whoever puts ``history.db`` back gives back what was deleted. So the history holds how far the
ledger's chain has come. Its mark is moved with every row of the chain (a decision, a draw, a
deletion, a preview; not with a note of the time alone), in the order *intent*, COMMIT of the
ledger, *confirmed*, and never with a viewing. A history whose mark is behind the chain was put
back, a ledger that is behind the mark was; only both together are not told from the truth.

It also remembers that something was deleted while the ledger was broken and could not record it.
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
"""What keeps a history from saying anything; the ledger works without it."""
_CAP_BYTES = 1024


class Witness(Protocol):
    """Remembers, apart from the ledger, how far its chain has come."""

    def prepare(self) -> None:
        """Get ready to be asked; called outside of any transaction."""
        ...

    def position(self) -> Position | None:
        """Return what it remembers; ``None`` when it cannot tell."""
        ...

    def remember(self, position: Position) -> None:
        """Remember another position, durably."""
        ...

    def owes(self) -> bool:
        """Say whether something was deleted that the ledger has not recorded."""
        ...

    def owe(self, *, owes: bool) -> None:
        """Remember, durably, whether there is."""
        ...


class HistoryWitness:
    """The history, as far as it opens."""

    def __init__(
        self, *, opened: Callable[[], Database | None], prepare: Callable[[], object]
    ) -> None:
        """Keep the mark in the database that ``opened`` returns; ``prepare`` opens it."""
        self._opened = opened
        self._prepare = prepare
        self._is_unreadable = False

    def prepare(self) -> None:
        """Open the history; one that did not open once is not tried again for its mark."""
        if not self._is_unreadable:
            try:
                self._prepare()
            except _UNREADABLE:
                self._is_unreadable = True

    def position(self) -> Position | None:
        """Return the mark in the history that is open."""
        database = self._opened()
        try:
            return None if database is None else read_mark(database)
        except _UNREADABLE:
            return None

    def remember(self, position: Position) -> None:
        """Move the mark; a history that does not open stays behind, and is told by that later."""
        database = self._opened()
        if database is not None:
            with suppress(*_UNREADABLE), database.transaction() as connection:
                write_mark(connection, position)

    def owes(self) -> bool:
        """Say whether a row says so; an unreadable history cannot."""
        database = self._opened()
        try:
            return database is not None and bool(database.read("SELECT 1 FROM owed"))
        except _UNREADABLE:
            return False

    def owe(self, *, owes: bool) -> None:
        """Write or delete that row; there is none in a history that is not there or not open."""
        database = self._opened()
        if database is not None:
            sql = "INSERT OR IGNORE INTO owed VALUES (1)" if owes else "DELETE FROM owed"
            with suppress(*_UNREADABLE), database.transaction() as connection:
                connection.execute(sql)


def read_mark(database: Database) -> Position | None:
    """Return the mark in a history; one from before there were marks has none."""
    rows = database.read("SELECT position FROM ledger_mark")
    return decode(rows[0][0], Position, cap_bytes=_CAP_BYTES) if rows else None


def write_mark(connection: KeyedConnection, position: Position) -> None:
    """Replace the mark."""
    connection.execute(
        "INSERT INTO ledger_mark (id, position) VALUES (1, ?) "
        "ON CONFLICT (id) DO UPDATE SET position = excluded.position",
        (canonical_bytes(position),),
    )
