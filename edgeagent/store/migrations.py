"""Schemas grow by migrations that are appended and never changed.

Each is applied and recorded in one transaction (sqlite-utils), together with ``user_version``, the
number of migrations applied, from which a resident process sees at once that nothing is pending.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeagent.errors import NotOurDatabase
from edgeagent.store.database import Database

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["Migration", "Schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step; its name is recorded in the database and never reused."""

    name: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What one of our databases looks like."""

    name: str
    """Of the database, its file (``name.db``), its key file and its set of migrations."""
    application_id: int
    """In the header of the (decrypted) file: "this is ours, and this one of the two"."""
    migrations: Sequence[Migration]

    def is_current(self, database: Database) -> bool:
        """Say whether nothing is pending.

        Raises:
            NotOurDatabase: the database is newer than this program.

        """
        version = database.version()
        if version > len(self.migrations):
            raise NotOurDatabase(
                f"{database.path} has schema version {version}; this program knows "
                f"{len(self.migrations)}",
                hint="install the edgeagent that wrote it, or a newer one",
            )
        return version == len(self.migrations)

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


def _apply(migration: Migration, number: int) -> Callable[[sqlite_utils.Database], None]:
    def apply(db: sqlite_utils.Database) -> None:
        for statement in migration.statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")

    return apply
