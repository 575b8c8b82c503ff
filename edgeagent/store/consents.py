"""The household's decisions, appended and never changed.

A decision keeps the profile name it was made under. A rename is a row of the same chain; from then
on the decisions of the old name belong to the new one. Nothing is granted or withdrawn by it, and a
profile that later takes the old name starts without decisions. Earlier decisions under the new name
belong to a former profile.

A decision about a purpose that only a later version knows is kept, skipped and shown by ``doctor``,
because firmware can be rolled back.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import asdict

from edgeagent.consent import ConsentRecord, DatedConsent, Purpose
from edgeagent.errors import Damaged, MalformedMessage
from edgeagent.messages.codec import canonical_bytes, checked, decode
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = [
    "append_consent",
    "append_rename",
    "has_rename",
    "read_held_consents",
    "read_unknown_purposes",
]

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
    FROM consents WHERE purpose IN (SELECT value FROM json_each(?))
    UNION ALL SELECT seq, name, new_name, NULL, NULL, NULL FROM renames
    ORDER BY seq
"""


class _Stored(ConsentRecord, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A record that a later version may have written, with fields unknown here."""


_KNOWN = canonical_bytes([str(purpose) for purpose in Purpose]).decode()


def append_consent(writer: ChainWriter, record: ConsentRecord) -> None:
    """Append a decision.

    Raises:
        MalformedMessage: it could not be decoded again: unknown purpose or invalid profile name.

    """
    checked(record)
    writer.append(
        "consents",
        {
            "profile": record.profile,
            "purpose": str(record.purpose),
            "body": canonical_bytes(record).decode(),
        },
    )


def append_rename(writer: ChainWriter, name: str, new_name: str, *, at: int) -> None:
    """Append that a profile was renamed."""
    writer.append("renames", {"name": name, "new_name": new_name, "at": at})


def has_rename(database: Database, name: str, new_name: str, *, since: int) -> bool:
    """Return whether that rename was appended at a sequence number or later."""
    return bool(
        database.read(
            "SELECT 1 FROM renames WHERE seq >= ? AND name = ? AND new_name = ?",
            (since, name, new_name),
        )
    )


def read_held_consents(database: Database) -> dict[str, tuple[DatedConsent, ...]]:
    """Return each profile's decisions, in the order they were made, under its present name.

    Raises:
        Damaged: a row cannot be decoded.

    """
    held: dict[str, tuple[DatedConsent, ...]] = {}
    rows = database.read(_SQL, (_KNOWN,))
    for seq, name, new_name, body, known_at, was_behind in rows:
        if new_name is None:
            record = _decoded(body, f"{database.path}: row {seq} of the chain")
            dated = DatedConsent(
                profile=name,
                record=record,
                seq=seq,
                known_at=known_at,
                was_behind=bool(was_behind),
            )
            held[name] = (*held.get(name, ()), dated)
        else:
            moved = tuple(replace(dated, profile=new_name) for dated in held.pop(name, ()))
            former = (replace(dated, is_of_former=True) for dated in held.get(new_name, ()))
            held[new_name] = (*former, *moved)
    return held


def read_unknown_purposes(database: Database) -> tuple[str, ...]:
    """Return the purposes of stored decisions that this version does not know."""
    rows = database.read(
        "SELECT DISTINCT purpose FROM consents "
        "WHERE purpose NOT IN (SELECT value FROM json_each(?)) ORDER BY purpose",
        (_KNOWN,),
    )
    return tuple(row[0] for row in rows)


def _decoded(body: str, where: str) -> ConsentRecord:
    try:
        stored = decode(body.encode(), _Stored, cap_bytes=_CAP_BYTES)
    except MalformedMessage as error:
        raise Damaged(
            f"{where} cannot be read: {error}",
            hint="install the edgeagent that wrote it, or restore ledger.db and ledger.anchor",
        ) from error
    return ConsentRecord(**asdict(stored))
