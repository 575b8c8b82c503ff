"""Everything a home holds, laid open: rows of every table, and what the file system shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeagent.messages import sha256_hex
from edgeagent.store import Home
from edgeagent.store.database import Database

__all__ = ["FileFacts", "dump_tables", "file_facts"]


_MIGRATIONS = "_sqlite_migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What the file system shows of one file."""

    size_bytes: int
    inode: int
    modified_ns: int
    sha256: str


def dump_tables(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Return the sorted rows of every table of both databases, by ``database.table``.

    Left out: when each migration was applied, which the machine's own clock says.
    """
    databases = {
        "history": home.history._database,  # noqa: SLF001  (looks behind the store on purpose)
        "ledger": home.ledger._database,  # noqa: SLF001  (the same)
    }
    return {
        f"{name}.{table}": sorted(database.read(f'SELECT * FROM "{table}"'), key=repr)  # noqa: S608
        for name, database in databases.items()
        for table in _tables(database)
    }


def file_facts(directory: Path) -> dict[str, FileFacts]:
    """Return what the file system shows of every file below ``directory``, by relative name.

    The bytes of ``-shm`` files are left out: SQLite maps them into memory, where readers mark
    which page of the log they have seen. They are never synced and hold no content.
    """
    return {
        str(path.relative_to(directory)): FileFacts(
            size_bytes=path.stat().st_size,
            inode=path.stat().st_ino,
            modified_ns=path.stat().st_mtime_ns,
            sha256="" if path.name.endswith("-shm") else sha256_hex(path.read_bytes()),
        )
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _tables(database: Database) -> list[str]:
    rows = database.read("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [row[0] for row in rows if row[0] != _MIGRATIONS]
