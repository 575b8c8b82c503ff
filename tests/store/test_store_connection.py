from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from edgeagent.store.connection import KeyedConnection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[KeyedConnection]:
    opened = dbapi2.connect(str(tmp_path / "a.db"), isolation_level=None, factory=KeyedConnection)
    opened.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE)")
    yield opened
    opened.close()


def test_errors_are_those_of_the_standard_library(connection: KeyedConnection) -> None:
    connection.execute("INSERT INTO t VALUES (1, 1)")
    with pytest.raises(sqlite3.IntegrityError, match=r"t\.b") as caught:
        connection.execute("INSERT INTO t VALUES (2, 1)")
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT
    assert caught.value.sqlite_errorname == "SQLITE_CONSTRAINT"
    with pytest.raises(sqlite3.IntegrityError):
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, 5)])
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        connection.executescript("SELECT * FROM nowhere;")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        connection.cursor().execute("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT ?", ())


def _exhaust(connection: KeyedConnection, fetch: str) -> None:
    cursor = connection.execute("SELECT json(b) FROM t ORDER BY a")
    while True:
        getattr(cursor, fetch)()


def test_errors_while_fetching_are_translated(connection: KeyedConnection) -> None:
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, "{}"), (2, "not json")])
    for fetch in ("fetchall", "fetchmany", "__next__", "fetchone"):
        with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
            _exhaust(connection, fetch)


def test_a_failed_commit_is_translated(connection: KeyedConnection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE u (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO u VALUES (99)")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.commit()
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM u").fetchone() == (0,)


def test_a_kept_error_does_not_swallow_the_next_one(connection: KeyedConnection) -> None:
    connection.execute("INSERT INTO t VALUES (1, 1)")
    kept = []
    for _ in range(5):
        with pytest.raises(sqlite3.IntegrityError) as caught:
            connection.execute("INSERT INTO t VALUES (1, 2)")
        kept.append(caught.value)
    assert all(error.__context__ is None and error.__cause__ is None for error in kept)


def test_a_kept_error_of_a_statement_that_does_not_compile_swallows_none(
    connection: KeyedConnection,
) -> None:
    connection.execute("CREATE INDEX i ON t (a)")
    kept = []
    for _ in range(3):
        with pytest.raises(sqlite3.OperationalError, match="already exists") as caught:
            connection.execute("CREATE INDEX i ON t (a)")
        kept.append(caught.value)


def test_closing_twice_is_harmless_and_use_afterwards_is_an_error(
    connection: KeyedConnection,
) -> None:
    connection.close()
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
    with pytest.raises(sqlite3.ProgrammingError):
        _ = connection.in_transaction
    with pytest.raises(sqlite3.ProgrammingError):
        connection.create_function("f", 0, int)
