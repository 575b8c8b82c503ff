from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgeagent.errors import (
    Damaged,
    DiskFull,
    InputError,
    KeyProviderError,
    NotOurDatabase,
    StorageError,
    WrongKey,
)
from edgeagent.store import HistoryStore
from edgeagent.store import __all__ as exported
from edgeagent.store.database import Database
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.keys import open_data_key
from edgeagent.store.lock import HomeLock
from edgeagent.testing.box import NOW, Box


def test_a_new_home_belongs_to_its_owner_alone(box: Box) -> None:
    home = box.open()
    assert home.history.count("main") == 0
    assert stat.S_IMODE(box.directory.stat().st_mode) == 0o700
    assert {path.name for path in box.directory.iterdir()} == {
        *("history.db", "history.db-shm", "history.db-wal", "history.key"),
        *("ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.key", "ledger.anchor"),
        *("kek", "lock"),
    }
    for path in box.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    box.close()
    assert not [name for name in box.files() if name.endswith(("-wal", "-shm", ".new"))]


def test_a_closed_home_says_so(box: Box) -> None:
    home = box.open()
    home.close()
    home.close()
    with pytest.raises(InputError, match="closed"):
        home.ledger.check()


def test_the_ledger_opens_though_the_history_is_damaged(box: Box) -> None:
    home = box.open()
    home.history.add([box.event("film")], box.grant())
    home.ledger.append_consent(box.decision())
    box.close()
    path = box.directory / "history.db"
    broken = b"\x00" * 100 + path.read_bytes()[100:]
    path.write_bytes(broken)
    home = box.open()
    home.ledger.check()
    assert len(home.ledger.consents()) == 1
    for _ in range(2):
        with pytest.raises(WrongKey, match="damaged first page"):
            home.history.count("main")
    assert path.read_bytes() == broken


def test_a_damaged_history_is_set_aside_never_overwritten(box: Box) -> None:
    box.open().history.add([box.event("film")], box.grant())
    box.close()
    path = box.directory / "history.db"
    path.write_bytes(b"broken" * 1000)
    path.with_name("history.db-wal").write_bytes(b"log")
    home = box.open()
    kept = home.set_aside_history(now=NOW)
    assert kept.name == "history.db.damaged-2026-09-21T141320Z"
    assert kept.read_bytes() == b"broken" * 1000
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"log"
    assert home.history.count("main") == 0
    home.history.add([box.event("film")], box.grant())
    other = home.set_aside_history(now=NOW + 1)
    assert home.history.count("main") == 0
    assert kept.exists()
    assert other.exists()


def test_a_name_that_is_taken_is_not_overwritten_by_setting_aside(box: Box) -> None:
    home = box.open()
    home.history.add([box.event("film")], box.grant())
    kept = home.set_aside_history(now=NOW)
    first = kept.read_bytes()
    assert home.history.count("main") == 0
    with pytest.raises(StorageError, match="exists"):
        home.set_aside_history(now=NOW)
    assert kept.read_bytes() == first


@pytest.mark.parametrize("database", ["ledger", "history"])
def test_databases_cannot_be_swapped_for_others(box: Box, tmp_path: Path, database: str) -> None:
    other = Box(tmp_path / "other")
    assert other.open().history.count("main") == 0
    other.close()
    assert box.open().history.count("main") == 0
    box.close()
    (box.directory / f"{database}.db").write_bytes(other.files()[f"{database}.db"])
    with pytest.raises(WrongKey):
        assert box.open().history.count("main") == 0


def test_ledger_and_history_do_not_stand_in_for_each_other(box: Box) -> None:
    assert box.open().history.count("main") == 0
    box.close()
    for name in ("db", "key"):
        files = box.files()
        (box.directory / f"history.{name}").write_bytes(files[f"ledger.{name}"])
    with pytest.raises(WrongKey, match="holds the key of 'ledger'"):
        assert box.open().history.count("main") == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("kek", KeyProviderError),
        ("ledger.key", KeyProviderError),
        ("history.key", KeyProviderError),
    ],
)
def test_a_lost_key_is_an_error_and_is_not_replaced(
    box: Box, name: str, error: type[Exception]
) -> None:
    box.open().history.add([box.event("film")], box.grant())
    box.close()
    (box.directory / name).unlink()
    with pytest.raises(error):
        assert box.open().history.count("main") == 0
    assert not (box.directory / name).exists()


def test_a_plain_database_in_place_of_the_ledger_is_refused(box: Box) -> None:
    box.open()
    box.close()
    (box.directory / "ledger.db").write_bytes(b"SQLite format 3\x00" + bytes(4080))
    with pytest.raises(NotOurDatabase, match="plain SQLite"):
        box.open()


def test_an_emptied_database_is_damage_not_a_new_home(box: Box) -> None:
    assert box.open().history.count("main") == 0
    box.close()
    (box.directory / "history.db").write_bytes(b"")
    with pytest.raises(Damaged, match="is empty"):
        assert box.open().history.count("main") == 0
    (box.directory / "ledger.db").write_bytes(b"")
    with pytest.raises(Damaged, match="is empty"):
        box.open()


def test_a_making_that_was_interrupted_is_begun_again(box: Box) -> None:
    box.directory.mkdir()
    for name in ("ledger.db.new", "ledger.db.new-wal", "ledger.db.new-shm", "history.db.new"):
        (box.directory / name).write_bytes(b"half written")
    home = box.open()
    home.ledger.check()
    assert home.history.count("main") == 0
    assert not list(box.directory.glob("*.new*"))


def test_an_older_schema_is_migrated_when_it_is_opened(box: Box) -> None:
    assert box.open().history.count("main") == 0
    box.close()
    path = box.directory / "history.db"
    path.unlink()
    key = open_data_key(path.with_suffix(".key"), database="history", provider=box.provider)
    Database.create(path, key, application_id=HISTORY_SCHEMA.application_id).close()
    home = box.open()
    home.history.add([box.event("film")], box.grant())
    assert home.history.count("main") == 1


def test_a_home_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskFull, match="Not a directory"):
        Box(tmp_path / "file" / "home").open()
    with pytest.raises(InputError, match="not a directory"):
        Box(tmp_path / "file").open()


def test_threads_share_one_home(box: Box) -> None:
    home = box.open()
    history: HistoryStore = home.history

    def record(number: int) -> None:
        for step in range(10):
            history.add([box.event(f"e{number}.{step}")], box.grant())
            home.ledger.append_consent(box.decision())
            home.ledger.check()

    threads = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert history.count("main") == 40
    assert len(home.ledger.consents()) == 40
    home.ledger.check()


def test_processes_share_one_home(box: Box) -> None:
    box.directory.parent.mkdir(exist_ok=True)
    script = """
import sys
from pathlib import Path
from edgeagent.testing.box import Box
box = Box(Path(sys.argv[1]))
home = box.open()
for step in range(10):
    home.history.add([box.event(f"{sys.argv[2]}.{step}")], box.grant())
    home.ledger.append_consent(box.decision())
    home.ledger.check()
box.close()
"""
    # All of them also race to make the home.
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(box.directory), str(number)])
        for number in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    home = box.open()
    home.ledger.check()
    assert home.history.count("main") == 30
    assert len(home.ledger.consents()) == 30


def test_a_lock_held_elsewhere_is_named_after_waiting(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with HomeLock(path).held():
        other = HomeLock(path, tries=2)
        with pytest.raises(StorageError, match="another edgeagent process") as caught, other.held():
            pass
        assert "wait" in caught.value.hint
    with HomeLock(path, tries=1).held():
        assert path.exists()


def test_a_lock_is_taken_again_by_its_holder(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path / "lock", tries=1)
    with lock.held(), lock.held():
        pass
    with pytest.raises(KeyError), lock.held():
        raise KeyError
    with HomeLock(tmp_path / "lock", tries=1).held():
        assert lock is not None


def test_exports_are_sorted() -> None:
    assert exported == sorted(exported, key=lambda name: (not name.isupper(), name))
