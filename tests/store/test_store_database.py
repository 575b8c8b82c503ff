"""The traps of an encrypted SQLite, one test each."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from edgeagent.errors import (
    Damaged,
    DiskFull,
    KeyProviderError,
    NotOurDatabase,
    StorageError,
    WrongKey,
)
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import PAGE_BYTES, Database, _set_up
from edgeagent.store.faults import storage_error
from edgeagent.store.keys import SecretKey
from edgeagent.store.named_file import NamedFile
from edgeagent.testing.decrypt import decrypt_database, decrypt_log

ID = 0x45410001
KEY = SecretKey(bytes(range(32)))
TITLE = "The Planted Lighthouse"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.create(tmp_path / "a.db", KEY, application_id=ID)
    with opened.transaction() as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    yield opened
    opened.close()


def _reopen(database: Database, key: SecretKey = KEY, application_id: int = ID) -> Database:
    database.close()
    return Database.open(database.path, key, application_id=application_id)


def test_the_settings_are_the_durable_and_discreet_ones(database: Database) -> None:
    settings = {
        name: database.read(f"PRAGMA {name}")[0][0]
        for name in (
            *("auto_vacuum", "cipher_page_size", "foreign_keys", "journal_mode", "page_size"),
            *("secure_delete", "synchronous", "temp_store", "trusted_schema"),
        )
    }
    assert settings == {
        "auto_vacuum": 2,  # incremental
        "cipher_page_size": str(PAGE_BYTES),
        "foreign_keys": 1,
        "journal_mode": "wal",
        "page_size": str(PAGE_BYTES),
        "secure_delete": 1,
        "synchronous": 2,  # full
        "temp_store": 2,  # memory
        "trusted_schema": 0,
    }
    again = _reopen(database)
    assert again.read("PRAGMA journal_mode") == [("wal",)]
    assert again.read("PRAGMA synchronous") == [(2,)]
    assert again.read("PRAGMA secure_delete") == [(1,)]
    again.close()


def test_the_file_belongs_to_its_owner_alone(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (1, 'x')")
    for path in database.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_library_that_ignores_the_key_is_noticed(tmp_path: Path) -> None:
    # What the standard library's SQLite does: PRAGMA key is silently nothing.
    path = tmp_path / "a.db"
    plain = sqlite3.connect(path)
    plain.execute("PRAGMA key = \"x'00'\"")
    plain.execute("CREATE TABLE t (a)")
    plain.close()
    assert path.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(NotOurDatabase, match="plain SQLite"):
        Database.open(path, KEY, application_id=ID)


def test_a_driver_without_a_cipher_is_refused_before_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    plain = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(StorageError, match="does not encrypt"):
        _set_up(plain, KEY, path)  # type: ignore[arg-type]  # the wrong driver is the point
    plain.close()
    assert path.read_bytes() == b""


def test_a_short_hex_key_would_be_a_passphrase_and_is_refused(tmp_path: Path) -> None:
    # SQLCipher takes 62 hex digits for a passphrase, and opens with another key than was meant.
    connection = dbapi2.connect(str(tmp_path / "a.db"), factory=KeyedConnection)
    connection.execute(f"PRAGMA key = \"x'{'ab' * 31}'\"")
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert (tmp_path / "a.db").stat().st_size  # no complaint from SQLCipher
    with pytest.raises(KeyProviderError, match="32 bytes, this one 31"):
        SecretKey(bytes(31))


def test_a_wrong_key_is_noticed_at_once_and_harms_nothing(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (1, 'x')")
    database.close()
    before = database.path.read_bytes()
    with pytest.raises(
        WrongKey, match="wrong key, a file of another program, or a damaged"
    ) as caught:
        Database.open(database.path, SecretKey(bytes(32)), application_id=ID)
    assert caught.value.hint
    opened = (os.path.realpath(found) for found in Path("/proc/self/fd").iterdir())
    assert str(database.path) not in opened  # or its file system could not be unmounted
    assert database.path.read_bytes() == before
    assert capfd.readouterr() == ("", "")  # SQLCipher would log each page without being asked
    again = _reopen(database)
    assert again.read("SELECT b FROM t") == [("x",)]
    again.close()


def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for content in (b"x" * 10, b"a letter to a friend\n" * 1000, bytes(8192)):
        path.write_bytes(content)
        with pytest.raises(WrongKey):
            Database.open(path, KEY, application_id=ID)
        assert path.read_bytes() == content


def test_a_store_of_another_kind_is_refused(database: Database) -> None:
    with pytest.raises(NotOurDatabase, match="but is another database"):
        _reopen(database, application_id=ID + 1)


def test_an_empty_or_missing_file_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with pytest.raises(Damaged, match="missing"):
        Database.open(path, KEY, application_id=ID)
    assert not path.exists()
    path.touch()
    with pytest.raises(Damaged, match="empty"):
        Database.open(path, KEY, application_id=ID)
    assert path.read_bytes() == b""
    with pytest.raises(FileExistsError):
        Database.create(path, KEY, application_id=ID)
    with pytest.raises(StorageError, match="Is a directory"):
        Database.open(tmp_path, KEY, application_id=ID)


def test_a_damaged_later_page_is_named_when_it_is_read(database: Database) -> None:
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO t VALUES (?, ?)", [(number, TITLE) for number in range(1000)]
        )
    assert database.integrity_errors() == ()
    database.close()
    data = bytearray(database.path.read_bytes())
    data[-PAGE_BYTES + 100] ^= 1
    database.path.write_bytes(data)
    damaged = _reopen(database)
    with pytest.raises(Damaged, match="is damaged") as caught:
        damaged.read("SELECT * FROM t")
    assert "moved aside" in caught.value.hint or "move it aside" in caught.value.hint
    damaged.close()
    damaged = _reopen(database)
    assert damaged.integrity_errors()
    damaged.close()


def test_what_is_deleted_leaves_pages_and_log(database: Database) -> None:
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO t VALUES (?, ?)", [(number, TITLE) for number in range(1000)]
        )
    assert _decrypted_copies(database) >= 1000
    with database.transaction() as connection:
        connection.execute("DELETE FROM t WHERE a <> 5")
    database.vacuum_free_pages()
    assert database.checkpoint()
    assert database.path.with_name("a.db-wal").stat().st_size == 0
    assert _decrypted_copies(database) == 1


def _decrypted_copies(database: Database) -> int:
    """Count the title in the decrypted pages and frames, free and outdated ones included."""
    data = database.path.read_bytes()
    log = database.path.with_name("a.db-wal").read_bytes()
    plain = decrypt_database(data, KEY.reveal())
    plain += b"".join(decrypt_log(log, KEY.reveal(), data[:16]))
    return plain.count(TITLE.encode())


def _insert_and_fail(connection: KeyedConnection) -> None:
    connection.execute("INSERT INTO t VALUES (1, 'x')")
    raise KeyError


def test_a_failed_transaction_changes_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.transaction() as connection:
        _insert_and_fail(connection)
    assert database.read("SELECT * FROM t") == []
    with pytest.raises(StorageError, match="UNIQUE"), database.transaction() as connection:
        connection.executemany("INSERT INTO t VALUES (?, 'x')", [(1,), (1,)])
    assert database.read("SELECT * FROM t") == []


def test_a_snapshot_sees_one_state_and_joins_a_transaction(database: Database) -> None:
    other = Database.open(database.path, KEY, application_id=ID)
    with database.snapshot():
        assert database.read("SELECT count(*) FROM t") == [(0,)]
        with other.transaction() as connection:
            connection.execute("INSERT INTO t VALUES (1, 'x')")
        assert database.read("SELECT count(*) FROM t") == [(0,)]
        other.read("PRAGMA busy_timeout = 0")
        assert not other.checkpoint()
    assert database.read("SELECT count(*) FROM t") == [(1,)]
    with database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (2, 'y')")
        with database.snapshot():
            assert database.read("SELECT count(*) FROM t") == [(2,)]
        connection.execute("DELETE FROM t")
    assert database.read("SELECT count(*) FROM t") == [(0,)]
    other.close()


def test_a_commit_elsewhere_is_visible_in_the_change_number(database: Database) -> None:
    before = database.foreign_changes()
    with database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (1, 'x')")
    assert database.foreign_changes() == before
    other = Database.open(database.path, KEY, application_id=ID)
    with other.transaction() as connection:
        connection.execute("DELETE FROM t")
    other.close()
    assert database.foreign_changes() != before


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_NOTADB, WrongKey),
        (sqlite3.SQLITE_CORRUPT, Damaged),
        (sqlite3.SQLITE_CORRUPT_INDEX, Damaged),
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_IOERR_WRITE, DiskFull),
        (sqlite3.SQLITE_READONLY_DIRECTORY, DiskFull),
        (sqlite3.SQLITE_CANTOPEN, DiskFull),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StorageError),
        (sqlite3.SQLITE_ERROR, StorageError),
    ],
)
def test_each_sqlite_error_has_its_meaning_and_a_way_out(
    code: int, kind: type[StorageError]
) -> None:
    error = sqlite3.OperationalError("why")
    error.sqlite_errorcode = code
    ours = storage_error(error, Path("/home/a.db"))
    assert type(ours) is kind
    assert "a.db" in str(ours)
    assert ours.hint


def test_an_error_without_a_code_is_still_ours() -> None:
    assert type(storage_error(sqlite3.ProgrammingError("why"), Path("a.db"))) is StorageError


def test_a_path_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened") as caught:
        Database._connect(tmp_path / "nowhere" / "a.db", KEY)
    assert caught.value.hint


def test_writers_wait_before_they_read_not_after(database: Database) -> None:
    other = Database.open(database.path, KEY, application_id=ID)
    other.read("PRAGMA busy_timeout = 0")
    begun = False
    with database.transaction():
        with pytest.raises(StorageError, match="in use by another"), other.transaction():
            begun = True
        assert not begun
    with other.transaction():
        begun = True
    assert begun
    other.close()


# The right to move the log is a lock on this byte of the shared index (SQLite's "WAL-mode file
# format", section 2.3.1).
MOVES_THE_LOG = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX, 1, 121)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_log_that_another_process_is_moving_is_moved_after_it(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO t (b) VALUES ('x')")
    index = f"{database.path}-shm"
    with subprocess.Popen(
        [sys.executable, "-c", MOVES_THE_LOG, index],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        waits: list[float] = []
        assert not database.checkpoint(pause=waits.append)
        assert waits == sorted(waits)

        def until_gone(_: float) -> None:
            other.communicate()

        assert database.checkpoint(pause=until_gone)
    assert not Path(f"{database.path}-wal").stat().st_size


def test_nothing_is_read_from_a_file_that_was_deleted(database: Database) -> None:
    database.path.unlink()
    assert database.was_deleted()
    with pytest.raises(Damaged, match="was deleted while it was open"):
        database.read("SELECT * FROM t")
    with pytest.raises(Damaged, match="was deleted"), database.snapshot():
        pass


def test_a_file_that_was_moved_is_still_read(database: Database, tmp_path: Path) -> None:
    database.path.rename(tmp_path / "elsewhere.db")
    assert not database.was_deleted()
    assert database.read("SELECT * FROM t") == []


def test_a_file_that_was_never_there_has_no_name(tmp_path: Path) -> None:
    assert NamedFile(tmp_path / "none").was_deleted()
