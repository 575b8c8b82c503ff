"""State of the services: bodies under names, replaced as a whole and not chained."""

from __future__ import annotations

from collections.abc import Callable

from edgeagent.store.database import Database

__all__ = ["change_state", "claim_state", "read_state"]


def read_state(database: Database, name: str) -> bytes | None:
    """Return what was last set under ``name``."""
    rows = database.read("SELECT body FROM state WHERE name = ?", (name,))
    return rows[0][0] if rows else None


def change_state(database: Database, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Replace what is kept under ``name``, in one transaction, and return what is kept now."""
    with database.transaction() as connection:
        body = change(read_state(database, name))
        connection.execute(
            "INSERT INTO state (name, body) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET body = excluded.body",
            (name, body),
        )
    return body


def claim_state(database: Database, name: str, body: bytes) -> bytes:
    """Keep ``body`` under ``name`` unless something is kept there; return what is kept."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO state (name, body) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            (name, body),
        )
    return read_state(database, name) or body
