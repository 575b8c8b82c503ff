"""Decisions of the household, appended and never changed.

A decision keeps the name it was made under. When a profile is renamed, a row of the same chain says
so, and all that its old name held is its new name's from then on: nothing is given or withdrawn by
it, and whoever takes the old name afterwards starts without decisions.
"""

from __future__ import annotations

from dataclasses import replace

from edgeagent.consent import ConsentRecord, DatedConsent
from edgeagent.messages.codec import canonical_bytes, decode
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = ["append_consent", "append_rename", "read_held_consents"]

_CAP_BYTES = 8192

_SQL = """
    SELECT seq, profile, NULL AS new_name, body,
        (
            SELECT at FROM clock_notes AS note
            WHERE kind = 'known' AND note.seq > consents.seq ORDER BY note.seq LIMIT 1
        ),
        EXISTS (
            SELECT 1 FROM clock_notes AS note
            WHERE kind = 'behind' AND note.seq = consents.seq + 1
        )
    FROM consents
    UNION ALL SELECT seq, name, new_name, NULL, NULL, NULL FROM renames
    ORDER BY seq
"""


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


def append_rename(writer: ChainWriter, name: str, new_name: str, *, at: int) -> None:
    """Append that a profile has another name."""
    writer.append("renames", {"name": name, "new_name": new_name, "at": at})


def read_held_consents(database: Database) -> dict[str, tuple[DatedConsent, ...]]:
    """Return each profile's decisions, in the order they were made, under its present name."""
    held: dict[str, tuple[DatedConsent, ...]] = {}
    for _, name, new_name, body, known_at, was_behind in database.read(_SQL):
        if new_name is None:
            record = decode(body.encode(), ConsentRecord, cap_bytes=_CAP_BYTES)
            dated = DatedConsent(
                profile=name, record=record, known_at=known_at, was_behind=bool(was_behind)
            )
            held[name] = (*held.get(name, ()), dated)
        else:
            moved = tuple(replace(dated, profile=new_name) for dated in held.pop(name, ()))
            held[new_name] = held.get(new_name, ()) + moved
    return held
