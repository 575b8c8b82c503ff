"""State of the services: named bodies, replaced as a whole and not chained."""

from __future__ import annotations

from collections.abc import Callable

from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = [
    "DERIVED",
    "change_state",
    "drop_derived",
    "drop_state",
    "read_state",
    "read_states",
    "write_state",
]

DERIVED = "derived."
"""Prefix of the names of state that is derived from viewings; every deletion deletes it."""


def read_state(database: Database, name: str) -> bytes | None:
    """Return the body stored under ``name``."""
    rows = database.read("SELECT body FROM state WHERE name = ?", (name,))
    return rows[0][0] if rows else None


def read_states(database: Database, prefix: str) -> tuple[tuple[str, bytes], ...]:
    """Return name and body of all state whose name begins with ``prefix``."""
    rows = database.read(
        "SELECT name, body FROM state WHERE name GLOB ? ORDER BY name", (f"{prefix}*",)
    )
    return tuple((name, body) for name, body in rows)


def drop_state(connection: KeyedConnection, name: str) -> None:
    """Delete the body stored under ``name``, in the transaction of ``connection``."""
    connection.execute("DELETE FROM state WHERE name = ?", (name,))


def write_state(connection: KeyedConnection, name: str, body: bytes) -> None:
    """Replace the body stored under ``name``, in the transaction of ``connection``."""
    connection.execute(
        "INSERT INTO state (name, body) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        (name, body),
    )


def change_state(database: Database, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Replace the body stored under ``name``, in one transaction, and return the new one.

    Nothing is written where it is the same.
    """
    with database.transaction() as connection:
        before = read_state(database, name)
        body = change(before)
        if body != before:
            write_state(connection, name, body)
    return body


def drop_derived(connection: KeyedConnection) -> None:
    """Delete all derived state, in the transaction of ``connection``."""
    connection.execute("DELETE FROM state WHERE name GLOB ?", (f"{DERIVED}*",))
