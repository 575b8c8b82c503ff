"""Schemas grow by migrations that are appended and never changed.

Each is applied and recorded in one transaction (sqlite-utils), together with ``user_version``, the
number of migrations applied, from which a resident process sees at once that nothing is pending.

Firmware rolls back, so a program may meet a database of a later one. The file itself says from
which migration on a program has to know it: its ``min_reader``. Within a major version migrations
only add (tables, and columns with a default), which keeps that number; one that does more declares
``breaks_older`` and raises it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeagent.errors import NotOurDatabase
from edgeagent.store.database import Database

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["MIN_READER_TABLE", "Migration", "Schema"]

MIN_READER_TABLE = """
    CREATE TABLE format (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        min_reader INTEGER NOT NULL
    ) STRICT
"""
"""Of one row; the migration that makes it declares ``breaks_older``, which fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step; its name is recorded in the database and never reused."""

    name: str
    statements: tuple[str, ...]
    breaks_older: bool = False
    """Whether a program that does not know this one must leave the database alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What one of our databases looks like."""

    name: str
    """Of the database, its file (``name.db``), its key file and its set of migrations."""
    application_id: int
    """In the header of the (decrypted) file: "this is ours, and this one of the two"."""
    migrations: Sequence[Migration]

    def is_current(self, database: Database) -> bool:
        """Say whether nothing is pending; a newer program may have added what we do not know.

        Raises:
            NotOurDatabase: the database is newer, and this program must not read it.

        """
        version, known = database.version(), len(self.migrations)
        if version > known and (needed := _min_reader(database)) > known:
            raise NotOurDatabase(
                f"{database.path} has schema version {version}, which a program has to know up to "
                f"{needed}; this one knows {known}",
                hint="install the edgeagent that wrote it, or a newer one; it is left as it is",
            )
        return version >= known

    def later_steps(self, version: int) -> int:
        """Return how many migrations of a later program are in a database of ``version``."""
        return max(0, version - len(self.migrations))

    def migrate(self, database: Database) -> None:
        """Apply what is pending. The caller holds the home's lock."""
        if self.is_current(database):
            return
        from sqlite_utils import Migrations  # noqa: PLC0415  (only when there is work)

        steps = Migrations(self.name)
        for number, migration in enumerate(self.migrations, start=1):
            steps(name=migration.name)(_apply(migration, number))
        with database.exclusive():
            steps.apply(database.sqlite_utils())


def _min_reader(database: Database) -> int:
    """Return how many migrations a program has to know; all of them where the file does not say."""
    if not database.read("SELECT 1 FROM sqlite_schema WHERE name = 'format'"):
        return database.version()
    number: int = database.read("SELECT min_reader FROM format")[0][0]
    return number


def _apply(migration: Migration, number: int) -> Callable[[sqlite_utils.Database], None]:
    def apply(db: sqlite_utils.Database) -> None:
        for statement in migration.statements:
            db.execute(statement)
        if migration.breaks_older:
            db.execute("INSERT OR REPLACE INTO format (id, min_reader) VALUES (1, ?)", (number,))
        db.execute(f"PRAGMA user_version = {number}")

    return apply
