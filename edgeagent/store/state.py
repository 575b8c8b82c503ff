"""State of the services: bodies under names, replaced as a whole and not chained."""

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
"""So begin the names of what may say something of viewings; it goes with every act of deletion."""


def read_state(database: Database, name: str) -> bytes | None:
    """Return what was last set under ``name``."""
    rows = database.read("SELECT body FROM state WHERE name = ?", (name,))
    return rows[0][0] if rows else None


def read_states(database: Database, prefix: str) -> tuple[tuple[str, bytes], ...]:
    """Return name and body of all that is kept under names that begin with ``prefix``."""
    rows = database.read(
        "SELECT name, body FROM state WHERE name GLOB ? ORDER BY name", (f"{prefix}*",)
    )
    return tuple((name, body) for name, body in rows)


def drop_state(connection: KeyedConnection, name: str) -> None:
    """Forget what is kept under ``name``, in the transaction of ``connection``."""
    connection.execute("DELETE FROM state WHERE name = ?", (name,))


def write_state(connection: KeyedConnection, name: str, body: bytes) -> None:
    """Replace what is kept under ``name``, in the transaction of ``connection``."""
    connection.execute(
        "INSERT INTO state (name, body) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        (name, body),
    )


def change_state(database: Database, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Replace what is kept under ``name``, in one transaction, and return what is kept now."""
    with database.transaction() as connection:
        body = change(read_state(database, name))
        write_state(connection, name, body)
    return body


def drop_derived(connection: KeyedConnection) -> None:
    """Forget what may say something of viewings, in the transaction of ``connection``."""
    connection.execute("DELETE FROM state WHERE name GLOB ?", (f"{DERIVED}*",))
