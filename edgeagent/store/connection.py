"""SQLCipher's connection with the exceptions of the standard library's sqlite3.

``sqlcipher3`` has exception classes of its own, which code written for ``sqlite3``, such as
sqlite-utils, would not catch. The new exception is raised outside the ``except`` block and
therefore without context: a stored traceback would keep the failed cursor alive, and the driver
then swallows the next error of the same statement.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlcipher3 import dbapi2

from edgeagent.store.standard_errors import sqlite3

__all__ = ["KeyedConnection", "KeyedCursor"]

P = ParamSpec("P")
T = TypeVar("T")


def _like_sqlite3(method: Callable[P, T]) -> Callable[P, T]:
    @wraps(method)
    def translated(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except dbapi2.Error as error:
            foreign = error
            same = _stdlib_error(foreign)
            foreign.__traceback__ = None
        del args, kwargs  # this frame is in the traceback too, and they reference the cursor
        raise same

    return translated


def _stdlib_error(foreign: Any) -> sqlite3.Error:  # noqa: ANN401  (the driver has no types)
    kind: type[sqlite3.Error] = getattr(sqlite3, type(foreign).__name__)
    error = kind(*foreign.args)
    error.sqlite_errorcode = getattr(foreign, "sqlite_errorcode", dbapi2.SQLITE_ERROR)
    error.sqlite_errorname = getattr(foreign, "sqlite_errorname", "SQLITE_ERROR")
    return error


class KeyedCursor(dbapi2.Cursor):  # type: ignore[misc]  # the driver has no types
    """A cursor whose errors are those of ``sqlite3``."""

    execute = _like_sqlite3(dbapi2.Cursor.execute)
    executemany = _like_sqlite3(dbapi2.Cursor.executemany)
    executescript = _like_sqlite3(dbapi2.Cursor.executescript)
    fetchall = _like_sqlite3(dbapi2.Cursor.fetchall)
    fetchmany = _like_sqlite3(dbapi2.Cursor.fetchmany)
    fetchone = _like_sqlite3(dbapi2.Cursor.fetchone)
    __next__ = _like_sqlite3(dbapi2.Cursor.__next__)


class KeyedConnection(dbapi2.Connection):  # type: ignore[misc]  # the driver has no types
    """A connection whose errors, and whose cursors' errors, are those of ``sqlite3``."""

    close = _like_sqlite3(dbapi2.Connection.close)
    commit = _like_sqlite3(dbapi2.Connection.commit)
    create_function = _like_sqlite3(dbapi2.Connection.create_function)
    rollback = _like_sqlite3(dbapi2.Connection.rollback)

    @property
    @_like_sqlite3
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(super().in_transaction)

    @_like_sqlite3
    def cursor(self, factory: type[Any] = KeyedCursor) -> Any:  # noqa: ANN401  (see above)
        """Return a new cursor."""
        return super().cursor(factory)

    def execute(self, *args: Any) -> Any:  # noqa: ANN401
        """Execute on a new cursor."""
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:  # noqa: ANN401
        """Execute on a new cursor, once for each row of parameters."""
        return self.cursor().executemany(*args)

    def executescript(self, script: str) -> Any:  # noqa: ANN401
        """Execute several statements on a new cursor."""
        return self.cursor().executescript(script)
