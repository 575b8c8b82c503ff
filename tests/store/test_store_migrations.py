from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeagent.errors import NotOurDatabase, StorageError
from edgeagent.store.database import Database
from edgeagent.store.genesis import Genesis
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.keys import SecretKey
from edgeagent.store.ledger_schema import LEDGER_SCHEMA
from edgeagent.store.migrations import Migration, Schema
from edgeagent.testing.box import Box

KEY = SecretKey(bytes(32))
FIRST = Migration(name="0001_first", statements=("CREATE TABLE t (a)",))
SECOND = Migration(
    name="0002_second", statements=("ALTER TABLE t ADD COLUMN b", "INSERT INTO t VALUES (1, 2)")
)
BROKEN = Migration(
    name="0002_broken", statements=("INSERT INTO t VALUES (1)", "INSERT INTO nowhere VALUES (1)")
)


def _schema(*migrations: Migration) -> Schema:
    return Schema(name="toy", application_id=7, migrations=migrations)


def _create(path: Path) -> Database:
    return Database.create(path, KEY, application_id=7)


def test_what_is_pending_is_applied_once_and_recorded(tmp_path: Path) -> None:
    database = _create(tmp_path / "a.db")
    assert not _schema(FIRST).is_current(database)
    _schema(FIRST).migrate(database)
    assert database.version() == 1
    assert _schema(FIRST).is_current(database)
    for _ in range(2):
        _schema(FIRST, SECOND).migrate(database)
        assert database.read("SELECT a, b FROM t") == [(1, 2)]
    assert database.version() == 2
    assert database.read("SELECT migration_set, name FROM _sqlite_migrations ORDER BY id") == [
        ("toy", "0001_first"),
        ("toy", "0002_second"),
    ]
    database.close()


def test_a_failing_migration_leaves_the_schema_before_it(tmp_path: Path) -> None:
    database = _create(tmp_path / "a.db")
    _schema(FIRST).migrate(database)
    with pytest.raises(StorageError, match="nowhere"):
        _schema(FIRST, BROKEN).migrate(database)
    assert database.version() == 1
    assert database.read("SELECT * FROM t") == []
    assert database.read("SELECT count(*) FROM _sqlite_migrations") == [(1,)]
    _schema(FIRST, SECOND).migrate(database)
    assert database.version() == 2
    database.close()


def test_a_database_newer_than_the_program_is_refused(tmp_path: Path) -> None:
    database = _create(tmp_path / "a.db")
    _schema(FIRST, SECOND).migrate(database)
    with pytest.raises(NotOurDatabase, match=r"version 2, .* this one knows 1") as caught:
        _schema(FIRST).migrate(database)
    assert "install" in caught.value.hint
    database.close()


@pytest.mark.parametrize("schema", [HISTORY_SCHEMA, LEDGER_SCHEMA])
def test_migrations_are_only_ever_appended(schema: Schema) -> None:
    names = [migration.name for migration in schema.migrations]
    assert names == sorted(set(names))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_a_home_written_by_a_newer_program_is_refused(box: Box) -> None:
    home = box.open()
    with home.ledger._database.transaction() as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("UPDATE format SET min_reader = 98")
    box.close()
    with pytest.raises(NotOurDatabase, match="version 99"):
        box.open()


def test_the_resident_process_loads_neither_sqlite_utils_nor_numpy(box: Box) -> None:
    box.open().history.add([box.event("film")], box.grant())
    box.close()
    script = """
import sys
from collections.abc import Iterator
from pathlib import Path
from edgeagent.consent import Purpose
from edgeagent.testing.box import Box
box = Box(Path(sys.argv[1]))
home = box.open()
home.ledger.check()
home.ledger.append_consent(box.decision())
box.book(home.ledger, home.ledger.genesis.first_reportable_week)
home.history.add([box.event("another")], box.grant())
home.history.forget("main", "film")
print(home.history.count("main"), home.history.window("main")[0].entity_id)
print(sorted({"sqlite3", "sqlite_utils", "numpy", "onnxruntime", "tuf"} & set(sys.modules)))
box.close()
"""
    printed = subprocess.run(
        [sys.executable, "-c", script, str(box.directory)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert printed == "1 another\n[]\n"


UNDO: dict[str, tuple[str, ...]] = {
    "0002_imported_debits": ("DROP TABLE imported_debits",),
    "0003_clock_notes": ("DROP TABLE clock_notes",),
    "0004_renames": ("DROP TABLE renames",),
    "0005_min_reader": ("DROP TABLE format",),
    "0006_counts": ("DROP TABLE counts",),
    "0007_deletions": ("DROP TABLE deletions", "DROP TABLE previews"),
    "0008_store_notes": ("DROP TABLE store_notes",),
    "0002_min_reader": ("DROP TABLE format",),
    "0003_teens": ("DROP INDEX teen_events", "ALTER TABLE events DROP COLUMN teen"),
    "0004_ledger_mark": ("DROP TABLE ledger_mark",),
    "0005_places": tuple(
        f"ALTER TABLE {table} DROP COLUMN after_seq"
        for table in ("profiles", "events", "title_marks", "last_picks")
    ),
    "0006_undated": ("DROP TABLE undated",),
    "0007_told": ("ALTER TABLE undated DROP COLUMN told_on",),
    "0008_owed": ("DROP TABLE owed",),
    "0011_weeks": ("DROP TABLE week_lists",),
    "0012_order_of_profiles": ("ALTER TABLE profiles DROP COLUMN place",),
    "0009_promotion": ("DROP TABLE showings", "DROP TABLE creative_marks"),
    "0010_apps_and_age_limits": (
        "ALTER TABLE events DROP COLUMN app",
        "ALTER TABLE profiles DROP COLUMN age_limit",
    ),
}
"""What takes a migration back, by its name."""
SCHEMAS = {schema.name: schema for schema in (LEDGER_SCHEMA, HISTORY_SCHEMA)}
EARLIER = [
    (schema.name, version)
    for schema in SCHEMAS.values()
    for version in range(1, len(schema.migrations))
]


def undo(schema: Schema, version: int) -> Iterator[str]:
    """Yield what makes a database of an earlier schema out of a present one."""
    for migration in reversed(schema.migrations[version:]):
        assert migration.name in UNDO, f"write into UNDO what takes {migration.name} back"
        yield from UNDO[migration.name]
        yield f"DELETE FROM _sqlite_migrations WHERE name = '{migration.name}'"  # noqa: S608  (ours)
    yield f"PRAGMA user_version = {version}"


def store_as_earlier(box: Box, name: str, version: int) -> Genesis:
    """Store a consent and a viewing in a home whose database of that name is of an earlier schema.

    Args:
        box: Closed when this returns.
        name: ``ledger`` or ``history``.
        version: Of the schema, at least 1 and below today's.
    """
    home = box.open()
    home.ledger.append_consent(box.decision())
    with pytest.MonkeyPatch.context() as earlier:  # which noted nothing of a history
        earlier.setattr(home.ledger, "append_store_note", lambda *_, **__: None)
        home.history.add([box.event("t:1")], box.grant())
    database = home.ledger._database if name == "ledger" else home.history._database
    with database.transaction() as connection:
        for statement in undo(SCHEMAS[name], version):
            connection.execute(statement)
    assert database.version() == version
    genesis = home.ledger.genesis
    box.close()
    return genesis


@pytest.mark.parametrize(("name", "version"), EARLIER)
def test_a_home_of_every_earlier_schema_opens_with_everything_in_it(
    box: Box, name: str, version: int
) -> None:
    genesis = store_as_earlier(box, name, version)
    home = box.open()
    home.ledger.check()
    assert home.ledger.genesis == genesis
    assert home.ledger.schema_version() == len(LEDGER_SCHEMA.migrations)
    assert home.ledger.debits() == ()
    assert home.history.count("main") == 1
