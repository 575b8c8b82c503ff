"""What both stores of a home can say of their database."""

from __future__ import annotations

from edgeagent.store.database import Database

__all__ = ["KeyedStore"]


class KeyedStore:
    """One database and what it holds."""

    _database: Database

    @property
    def database(self) -> Database:
        """The database itself, for what spans both."""
        return self._database

    def integrity_errors(self) -> tuple[str, ...]:
        """Verify every page; empty when all is well."""
        return self._database.integrity_errors()

    def schema_version(self) -> int:
        """Return how many migrations have been applied."""
        return self._database.version()

    def release_memory(self) -> None:
        """Give pages back that are kept in memory."""
        self._database.release_memory()

    def close(self) -> None:
        """Close the database."""
        self._database.close()
