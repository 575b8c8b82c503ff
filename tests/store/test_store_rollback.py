"""Firmware rolls back: a home that a later program wrote is read and written, and loses nothing.

The later one is played by schemas with more migrations, the program before by the code of the
earliest commit that reads homes of later ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import Damaged, MalformedMessage, NotOurDatabase
from edgeagent.messages import canonical_bytes
from edgeagent.services.household.profiles import HouseholdStateStore
from edgeagent.services.models.installation import InstallationStore
from edgeagent.store import Home
from edgeagent.store.chain import CHAINED_TABLES
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.ledger_schema import LEDGER_SCHEMA
from edgeagent.store.migrations import Migration, Schema
from edgeagent.testing.box import NOW, Box

ROOT = Path(__file__).parents[2]
FIRST_READER = "edgeagent/store/witness.py"
"""The file that came with the first program that reads homes of later ones."""
ONLY_ADDS = ("CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "INSERT INTO", "ALTER TABLE")
ADDED = Migration(
    name="9001_blessings",
    statements=(
        """
        CREATE TABLE blessings (
            seq INTEGER PRIMARY KEY, whose TEXT NOT NULL, hash BLOB NOT NULL
        ) STRICT
        """,
        "ALTER TABLE outbox ADD COLUMN colour TEXT",
    ),
)
BROKE = Migration(name="9002_moved", statements=("DROP TABLE outbox",), breaks_older=True)


def _later(box: Box, *migrations: Migration) -> Home:
    """Return a home as a program with more migrations leaves it."""
    home = box.open()
    home.history.add([box.event("t:1")], box.grant())
    home.ledger.append_consent(box.decision())
    more = replace(LEDGER_SCHEMA, migrations=(*LEDGER_SCHEMA.migrations, *migrations))
    more.migrate(home.ledger._database)
    return home


def test_what_a_later_program_added_is_neither_in_the_way_nor_lost(box: Box) -> None:
    home = _later(box, ADDED)
    with home.ledger._chain.append() as writer:
        writer.append("blessings", {"whose": "a later one's"})
    box.close()
    home = box.open()
    home.ledger.check()
    home.ledger.append_consent(box.decision(given=False))
    report = box.book(home.ledger, home.ledger.genesis.first_reportable_week)
    assert [entry.report_id for entry in home.ledger.outbox()] == [report]
    box.close()
    home = box.open()
    home.ledger.check()
    assert home.ledger._database.read("SELECT seq, whose FROM blessings") == [(3, "a later one's")]
    assert home.ledger.schema_version() == len(LEDGER_SCHEMA.migrations) + 1


def test_a_row_of_a_later_programs_table_cannot_be_changed_unnoticed(box: Box) -> None:
    home = _later(box, ADDED)
    with home.ledger._chain.append() as writer:
        writer.append("blessings", {"whose": "a later one's"})
    with home.ledger._database.transaction() as connection:
        connection.execute("UPDATE blessings SET whose = 'another'")
    box.close()
    with pytest.raises(Exception, match="in blessings, was changed"):
        box.open().ledger.check()


def test_what_must_not_be_read_by_an_older_program_is_left_as_it_is(box: Box) -> None:
    home = _later(box, ADDED, BROKE)
    home.history.add([box.event("t:2")], box.grant())
    box.close()
    before = box.files()
    with pytest.raises(NotOurDatabase, match="a program must know") as caught:
        box.open()
    assert "nothing was changed" in caught.value.hint
    assert box.files()["ledger.db"] == before["ledger.db"]


def test_a_decision_of_a_later_program_is_skipped_and_told(box: Box) -> None:
    ledger = box.open().ledger
    with ledger._chain.append() as writer:
        body = '{"event":"given","purpose":"wellbeing"}'
        writer.append("consents", {"profile": "main", "purpose": "wellbeing", "body": body})
    ledger.append_consent(box.decision())
    assert [record.purpose for record in ledger.consents()] == [Purpose.HISTORY]
    assert ledger.unknown_purposes() == ("wellbeing",)


def test_a_decision_with_more_fields_is_still_the_decision(box: Box) -> None:
    ledger = box.open().ledger
    record = box.decision(given=False)
    body = json.loads(canonical_bytes(record)) | {"place": "the kitchen"}
    with ledger._chain.append() as writer:
        row = {"profile": "main", "purpose": "history", "body": json.dumps(body)}
        writer.append("consents", row)
    assert ledger.consents() == (record,)


def test_a_decision_that_cannot_be_read_is_damage_with_a_way_out(box: Box) -> None:
    ledger = box.open().ledger
    with ledger._chain.append() as writer:
        writer.append("consents", {"profile": "main", "purpose": "history", "body": "{}"})
    with pytest.raises(Damaged, match="row 1 of the chain cannot be read") as caught:
        ledger.consents()
    assert caught.value.hint


def test_a_decision_that_could_not_be_read_again_is_not_written(box: Box) -> None:
    ledger = box.open().ledger
    tip = ledger.tip()
    with pytest.raises(MalformedMessage, match="histroy"):
        ledger.append_consent(box.decision("histroy"))  # type: ignore[arg-type]  # the fault
    assert ledger.tip() == tip


def test_fields_of_a_later_program_outlive_a_change_by_this_one(box: Box) -> None:
    home = box.open()
    installations = InstallationStore(home.ledger, box.directory)
    later = {"time": {"last_seen": 5, "echo": 7}, "mood": [1, 2]}
    home.ledger.set_state("installation", canonical_bytes(later))
    installations.update(failures=3)
    kept = json.loads(home.ledger.state("installation") or b"")
    assert (kept["mood"], kept["time"]["echo"], kept["time"]["last_seen"]) == ([1, 2], 7, 5)
    assert kept["failures"] == 3
    assert installations.load().time.last_seen == 5
    HouseholdStateStore(home.ledger).update(retention_days=3)  # where nothing was kept before
    assert HouseholdStateStore(home.ledger).load().retention_days == 3


@pytest.mark.parametrize("schema", [HISTORY_SCHEMA, LEDGER_SCHEMA], ids=lambda it: it.name)
def test_migrations_after_the_first_reader_only_add(schema: Schema) -> None:
    names = [migration.name.partition("_")[2] for migration in schema.migrations]
    for migration in schema.migrations[names.index("min_reader") :]:
        for statement in [] if migration.breaks_older else migration.statements:
            words = " ".join(statement.split())
            assert words.startswith(ONLY_ADDS), words
            assert not words.startswith("ALTER TABLE") or " ADD COLUMN " in words, words
            for table in CHAINED_TABLES:  # whose rows are hashed with all their columns
                assert not words.startswith(f"ALTER TABLE {table} "), words


def test_every_chained_table_is_found_by_its_columns(box: Box) -> None:
    chain = box.open().ledger._chain
    chain.check()
    found = {name: set(columns) - {"seq", "hash"} for name, columns in chain._tables.items()}
    assert found == {name: set(columns) for name, columns in CHAINED_TABLES.items()}


SCRIPT = """
import json, sys
from pathlib import Path
from edgeagent.testing.box import Box
box = Box(Path(sys.argv[1]))
home = box.open()
home.ledger.check()
home.history.add([box.event("t:old")], box.grant())
home.ledger.append_consent(box.decision(given=False))
print(json.dumps([home.history.count("main"), len(home.ledger.consents())]))
box.close()
"""


def _code_before(directory: Path) -> Path:
    """Return the packages as they were in the earliest commit that reads homes of later ones."""
    command = ["git", "-C", str(ROOT), "log", "--diff-filter=A", "--format=%H", "--", FIRST_READER]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    if found.returncode or not found.stdout.strip():
        pytest.skip("no history of commits here: so there is no older code to run")
    commit = found.stdout.split()[-1]
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "edgeagent"], check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(directory, filter="data")
    return directory


def test_the_code_of_an_earlier_commit_reads_and_writes_this_ones_home(
    box: Box, tmp_path: Path
) -> None:
    code = _code_before(tmp_path / "before")
    home = box.open()
    home.history.add([box.event("t:1")], box.grant())
    home.ledger.note_known_time(NOW)
    home.ledger.append_consent(box.decision())
    box.book(home.ledger, home.ledger.genesis.first_reportable_week)
    box.close()
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(box.directory)],
        check=True,
        capture_output=True,
        text=True,
        cwd=code,
    ).stdout
    assert json.loads(said) == [2, 2]
    home = box.open()
    home.ledger.check()
    assert home.history.count("main") == 2
    assert [record.event for record in home.ledger.consents()] == ["given", "withdrawn"]
