"""The stored picks of a profile, so that they can be shown again at once."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.consent import Grant
from edgeagent.messages import Picks, canonical_bytes, decode
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = ["SavedPicks", "read_picks", "write_picks"]

_CAP_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPicks:
    """The stored picks of a profile."""

    made_at: int
    picks: Picks


def read_picks(database: Database, profile: str) -> SavedPicks | None:
    """Return the picks of a profile."""
    rows = database.read("SELECT made_at, body FROM last_picks WHERE profile = ?", (profile,))
    if not rows:
        return None
    made_at, body = rows[0]
    return SavedPicks(made_at=made_at, picks=decode(body, Picks, cap_bytes=_CAP_BYTES))


def write_picks(connection: KeyedConnection, picks: Picks, grant: Grant, *, made_at: int) -> None:
    """Replace the picks of the profile that a grant is for."""
    connection.execute(
        "INSERT INTO last_picks (profile, made_at, body, after_seq) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (profile) DO UPDATE SET made_at = excluded.made_at, body = excluded.body, "
        "after_seq = excluded.after_seq",
        (grant.profile, made_at, canonical_bytes(picks), grant.after),
    )
