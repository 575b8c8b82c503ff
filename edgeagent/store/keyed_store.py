"""The base of both stores of a home: integrity, schema version, memory, closing."""

from __future__ import annotations

from edgeagent.store.database import Database

__all__ = ["KeyedStore"]


class KeyedStore:
    """A store in one keyed database."""

    _database: Database

    @property
    def database(self) -> Database:
        """The database itself, for operations that span both stores."""
        return self._database

    def integrity_errors(self) -> tuple[str, ...]:
        """Verify every page; empty if no error is found."""
        return self._database.integrity_errors()

    def schema_version(self) -> int:
        """Return how many migrations have been applied."""
        return self._database.version()

    def release_memory(self) -> None:
        """Free the page cache."""
        self._database.release_memory()

    def close(self) -> None:
        """Close the database."""
        self._database.close()
