"""New data keys: a process dies at each step, then everything opens and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.errors import LedgerBroken, StorageError, WrongKey
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.keys import open_data_key
from edgeagent.store.rekey import DatabaseFiles, finish_rekey
from edgeagent.testing.box import NOW, Box

STEPS = [
    "write the new key",
    "copy",
    "exchange the database",
    "destroy the old key",
    "exchange the key",
    "write the new key",
    "copy",
    "write the new anchor",
    "exchange the database",
    "exchange the anchor",
    "destroy the old key",
    "exchange the key",
]

DIE_AT_STEP = """
import os, signal, sys
from itertools import count
from pathlib import Path
from edgeagent.testing.box import Box

numbers = count()
def step(name):
    if next(numbers) == int(sys.argv[2]):
        print(name, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

Box(Path(sys.argv[1])).open().rekey(step=step)
"""


def _fill(box: Box) -> None:
    home = box.open()
    home.history.create_profile("anna", kind="adult", at=NOW)
    home.history.add([box.event(f"film {n}", NOW + n) for n in range(50)], box.grant())
    home.history.set_mark("anna", "film 1", "hidden", at=NOW)
    home.ledger.append_consent(box.decision())
    box.book(home.ledger, home.ledger.genesis.first_reportable_week)
    box.close()


def _expect_everything(box: Box) -> None:
    home = box.open()
    home.ledger.check()
    assert home.history.count("main") == 50
    assert home.history.marks("anna").hidden == ("film 1",)
    assert len(home.ledger.consents()) == 1
    assert len(home.ledger.outbox()) == 1
    for store in (home.history, home.ledger):
        assert store.integrity_errors() == ()
        assert store.schema_version() > 0
        assert store._database.read("PRAGMA journal_mode") == [("wal",)]
        assert store._database.read("PRAGMA auto_vacuum") == [(2,)]
    box.close()


def _keys(box: Box) -> list[bytes]:
    return [
        open_data_key(box.directory / f"{name}.key", database=name, provider=box.provider).reveal()
        for name in ("ledger", "history")
    ]


def _leftovers(box: Box) -> list[str]:
    return [name for name in box.files() if "next" in name or name.endswith((".new", "-journal"))]


def test_all_is_there_under_new_keys_and_writing_goes_on(box: Box) -> None:
    _fill(box)
    before, files = _keys(box), box.files()
    home = box.open()
    home.rekey()
    home.history.add([box.event("another")], box.grant())
    home.ledger.append_consent(box.decision(given=False))
    home.ledger.check()
    box.close()
    assert not set(before) & set(_keys(box))
    assert not _leftovers(box)
    home = box.open()
    home.ledger.check()
    assert home.history.count("main") == 51
    box.close()
    # The old file does not open under the new key, nor the new one under the old.
    (box.directory / "history.db").write_bytes(files["history.db"])
    with pytest.raises(WrongKey):
        box.open().history.count("main")


def test_the_old_key_and_the_old_file_are_emptied(box: Box, tmp_path: Path) -> None:
    _fill(box)
    for name in ("history.key", "history.db"):
        (tmp_path / name).hardlink_to(box.directory / name)
    box.open().rekey()
    old_key = (tmp_path / "history.key").read_bytes()
    assert old_key == bytes(len(old_key)) != b""
    # A process that waited for the old file finds it empty, instead of writing where nobody reads.
    assert (tmp_path / "history.db").read_bytes() == b""


def test_the_history_alone_leaves_the_ledger_as_it_is(box: Box) -> None:
    _fill(box)
    ledger, history = _keys(box)
    box.open().rekey(ledger=False)
    assert _keys(box)[0] == ledger
    assert _keys(box)[1] != history
    box.close()
    _expect_everything(box)


@pytest.mark.deep
@pytest.mark.parametrize(("number", "name"), list(enumerate(STEPS)))
def test_killed_before_each_step(box: Box, number: int, name: str) -> None:
    _fill(box)
    process = subprocess.run(
        [sys.executable, "-c", DIE_AT_STEP, str(box.directory), str(number)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (process.stdout.strip(), process.returncode) == (name, -9), process.stderr
    for _ in range(2):
        _expect_everything(box)
    assert not _leftovers(box)
    box.open().rekey()
    box.close()
    _expect_everything(box)


def test_there_are_no_other_steps(box: Box) -> None:
    _fill(box)
    steps: list[str] = []
    box.open().rekey(step=steps.append)
    assert steps == STEPS


def test_whoever_else_has_it_open_keeps_the_old_key(box: Box) -> None:
    _fill(box)
    home, other = box.open(), box.open()
    assert home.history.count("main") == other.history.count("main") == 50
    keys = _keys(box)
    with pytest.raises(StorageError, match="in use by another process"):
        home.rekey()
    assert _keys(box) == keys
    assert not _leftovers(box)
    for number, each in enumerate((home, other)):
        each.history.add([box.event("another", NOW + number)], box.grant())
    assert home.history.count("main") == 52


def test_a_failure_in_between_goes_back_at_once(box: Box) -> None:
    _fill(box)
    keys = _keys(box)
    home = box.open()

    def step(name: str) -> None:
        if name == "exchange the database":
            raise StorageError("no power")

    with pytest.raises(StorageError, match="no power"):
        home.rekey(step=step)
    assert _keys(box) == keys
    assert not _leftovers(box)
    home.history.add([box.event("another")], box.grant())
    assert home.history.count("main") == 51


def test_a_ledger_without_its_anchor_is_not_moved(box: Box) -> None:
    _fill(box)
    home = box.open()
    (box.directory / "ledger.anchor").write_bytes(b"{}")
    key = _keys(box)[0]
    with pytest.raises(LedgerBroken):
        home.rekey()
    assert _keys(box)[0] == key


def test_an_open_intent_of_the_anchor_is_carried_over(box: Box) -> None:
    _fill(box)

    def lose_power(path: Path, data: bytes) -> None:
        if b'"intent":null' in data:
            raise StorageError("no power")
        path.write_bytes(data)

    home = box.open(write_anchor=lose_power)
    with pytest.raises(StorageError, match="no power"):
        home.ledger.append_consent(box.decision(given=False))
    home.rekey()
    home.ledger.check()
    box.close()
    home = box.open()
    home.ledger.check()
    assert len(home.ledger.consents()) == 2


def test_with_a_damaged_database_both_keys_are_kept(box: Box) -> None:
    _fill(box)
    files = DatabaseFiles(directory=box.directory, schema=HISTORY_SCHEMA)
    next_key = files.key.with_name("history.key.next")
    next_key.write_bytes(files.key.read_bytes())
    files.database.write_bytes(b"broken" * 2000)
    finish_rekey(files, box.provider)
    assert next_key.exists()
    assert files.key.exists()
