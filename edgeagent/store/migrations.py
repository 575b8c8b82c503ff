"""Schema migrations: appended, and never changed once released.

Each is applied and recorded in one transaction (sqlite-utils), together with ``user_version``, the
number of applied migrations, so that the resident process can see without sqlite-utils that none is
pending.

Firmware can be rolled back, so a program may open a database of a later version. The file itself
states how many migrations a program must know to use it: its ``min_reader``. Migrations that only
add tables, or columns with a default, keep that number; any other one declares ``breaks_older`` and
raises it.
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
"""A table of one row; the migration that creates it declares ``breaks_older``, which fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step; its name is recorded in the database and never reused."""

    name: str
    statements: tuple[str, ...]
    breaks_older: bool = False
    """Whether a program that does not know this migration must refuse the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The schema of one of our databases."""

    name: str
    """The name of the database, its file (``name.db``), its key file and its set of migrations."""
    application_id: int
    """Stored in the (decrypted) file header; identifies which of our databases it is."""
    migrations: Sequence[Migration]

    def is_current(self, database: Database) -> bool:
        """Return whether no migration is pending; a newer program may have applied more.

        Raises:
            NotOurDatabase: the database is newer, and this program must not read it.

        """
        version, known = database.version(), len(self.migrations)
        if version > known and (needed := _min_reader(database)) > known:
            raise NotOurDatabase(
                f"{database.path} has schema version {version}, of which a program must know "
                f"{needed}; this one knows {known}",
                hint="install the edgeagent that wrote it, or a newer one; nothing was changed",
            )
        return version >= known

    def later_steps(self, version: int) -> int:
        """Return how many migrations of a later program are in a database of ``version``."""
        return max(0, version - len(self.migrations))

    def migrate(self, database: Database) -> None:
        """Apply pending migrations. The caller holds the home's lock."""
        if self.is_current(database):
            return
        from sqlite_utils import Migrations  # noqa: PLC0415  (only when there is work)

        steps = Migrations(self.name)
        for number, migration in enumerate(self.migrations, start=1):
            steps(name=migration.name)(_apply(migration, number))
        with database.exclusive():
            steps.apply(database.sqlite_utils())


def _min_reader(database: Database) -> int:
    """Return how many migrations a program must know; all, if the file does not state it."""
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
