"""Decisions of the household, appended and never changed."""

from __future__ import annotations

from edgeagent.consent import ConsentRecord
from edgeagent.messages.codec import canonical_bytes, decode
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = ["append_consent", "read_consents"]

_CAP_BYTES = 8192


def append_consent(writer: ChainWriter, record: ConsentRecord) -> None:
    """Append a decision."""
    writer.append(
        "consents",
        {
            "profile": record.profile,
            "purpose": str(record.purpose),
            "body": canonical_bytes(record).decode(),
        },
    )


def read_consents(database: Database, profile: str | None) -> tuple[ConsentRecord, ...]:
    """Return the decisions of one profile, or of all, in the order they were made."""
    rows = database.read(
        "SELECT body FROM consents WHERE ?1 IS NULL OR profile = ?1 ORDER BY seq", (profile,)
    )
    return tuple(decode(row[0].encode(), ConsentRecord, cap_bytes=_CAP_BYTES) for row in rows)
