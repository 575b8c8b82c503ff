"""The previewed weeks, kept for ever, and the material of a preview, kept until a deletion.

That a week was previewed is a row of the chain: it is never previewed twice. Key and digest are in
the state. A reader of both could test guesses of the week's viewings against the digest, so they
are deleted with every deletion, and when another week is previewed.
"""

from __future__ import annotations

from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database
from edgeagent.store.state import read_state, write_state

__all__ = ["ALL_WEEKS", "claim_preview", "drop_previews", "holds_previews"]

_PREFIX = "preview."
ALL_WEEKS = 2**62


def claim_preview(
    writer: ChainWriter, database: Database, week: int, material: bytes, *, at: int
) -> bytes | None:
    """Store the material of a week's only preview unless it was previewed before.

    Returns:
        The stored material of the week's preview; ``None`` if it was previewed and that was
        deleted.

    """
    kept = read_state(database, f"{_PREFIX}{week}")
    if kept is not None:
        return kept
    if _was_previewed(database, week):
        return None
    writer.append("previews", {"week": week, "at": at})
    drop_previews(writer, database)
    write_state(writer.connection, f"{_PREFIX}{week}", material)
    return material


def holds_previews(database: Database, *, before_week: int) -> bool:
    """Return whether material of previews of earlier weeks is stored."""
    return any(_week(name) < before_week for name in _names(database))


def drop_previews(writer: ChainWriter, database: Database, *, before_week: int = ALL_WEEKS) -> None:
    """Delete the material of earlier weeks' previews, but not that they were previewed."""
    for name in _names(database):
        week = _week(name)
        if week >= before_week:
            continue
        if week >= 0 and not _was_previewed(database, week):
            writer.append("previews", {"week": week, "at": 0})  # claimed by an earlier release
        writer.connection.execute("DELETE FROM state WHERE name = ?", (name,))


def _was_previewed(database: Database, week: int) -> bool:
    return bool(database.read("SELECT 1 FROM previews WHERE week = ?", (week,)))


def _names(database: Database) -> tuple[str, ...]:
    rows = database.read("SELECT name FROM state WHERE name GLOB ?", (f"{_PREFIX}*",))
    return tuple(name for (name,) in rows)


def _week(name: str) -> int:
    """Return the week in a name; -1 for the one key that an earlier release kept for all weeks."""
    number = name.removeprefix(_PREFIX)
    return int(number) if number.isdecimal() else -1
