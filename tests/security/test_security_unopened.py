"""A database that does not open, and the log beside it, stay as they are byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeagent.errors import EdgeAgentError, StorageError
from edgeagent.testing.box import Box

Harm = Callable[[bytes, bytes], bytes | None]
HARMS: dict[str, Harm] = {
    "a changed byte": lambda own, _: own[:500] + bytes([own[500] ^ 1]) + own[501:],
    "another salt": lambda own, _: bytes([own[0] ^ 1]) + own[1:],
    "another box's": lambda _, other: other,
    "nothing there": lambda *_: None,
}
SHARED_MEMORY = ("history.db-shm", "ledger.db-shm")
"""An index of the log that SQLite makes again."""


def _killed(box: Box, directory: Path) -> Box:
    """Return a box as ``kill -9`` leaves it: rows of both databases are in their logs alone."""
    home = box.open()
    home.ledger.append_consent(box.decision())
    home.history.add([box.event(f"t:{number}") for number in range(30)], box.grant())
    return _laid(box.files(), directory)


def _laid(files: dict[str, bytes], directory: Path) -> Box:
    directory.mkdir(mode=0o700)
    for name, data in files.items():
        (directory / name).write_bytes(data)
        (directory / name).chmod(0o600)
    return Box(directory)


def _data(box: Box) -> dict[str, bytes]:
    return {name: data for name, data in box.files().items() if name not in SHARED_MEMORY}


def _asked(box: Box) -> None:
    """Open both, and close them again, as every command does."""
    try:
        home = box.open()
        home.history.count("main")
    finally:
        box.close()


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["history.db", "ledger.db"])
def test_a_database_that_does_not_open_keeps_its_log(
    box: Box, tmp_path: Path, name: str, harm: str
) -> None:
    killed = _killed(box, tmp_path / "killed")
    other = Box(tmp_path / "other")
    _ = other.open().history
    other.close()
    path = killed.directory / name
    right = path.read_bytes()
    assert (killed.directory / f"{name}-wal").stat().st_size
    wrong = HARMS[harm](right, (other.directory / name).read_bytes())
    if wrong is None:
        path.unlink()
    else:
        path.write_bytes(wrong)
    before = {key: data for key, data in _data(killed).items() if key.startswith(name)}
    for _ in range(2):
        with pytest.raises(EdgeAgentError):
            _asked(killed)
        after = _data(killed)
        assert {key: data for key, data in after.items() if key.startswith(name)} == before
    path.write_bytes(right)
    path.chmod(0o600)
    home = killed.open()
    home.ledger.check()
    assert len(home.ledger.consents()) == 1
    assert home.history.count("main") == 30
    killed.close()


@pytest.mark.parametrize("name", ["history.db", "ledger.db"])
def test_the_log_of_another_box_is_not_taken(box: Box, tmp_path: Path, name: str) -> None:
    home = box.open()
    home.history.add([box.event("t:1")], box.grant())
    box.close()
    other = Box(tmp_path / "other")
    home = other.open()
    home.history.add([other.event("t:1")], other.grant())
    other.close()
    home = other.open()  # the log is begun again: the first page need not be in it
    home.history.add([other.event("t:2")], other.grant())
    home.ledger.set_state("a", b"b")
    log = f"{name}-wal"
    (box.directory / log).write_bytes((other.directory / log).read_bytes())
    other.close()
    before = (box.directory / name).read_bytes(), (box.directory / log).read_bytes()
    with pytest.raises(StorageError) as caught:
        _asked(box)
    assert "not" in str(caught.value)
    assert ((box.directory / name).read_bytes(), (box.directory / log).read_bytes()) == before
    (box.directory / log).unlink()
    assert box.open().history.count("main") == 1


def test_a_first_page_that_was_half_written_is_mended_from_the_log(
    box: Box, tmp_path: Path
) -> None:
    """The power may go while the log is moved: that is no reason to refuse what opens."""
    killed = _killed(box, tmp_path / "killed")
    path = killed.directory / "history.db"
    home = killed.open()
    with home.history.database.transaction() as connection:
        connection.execute("CREATE TABLE more (a)")  # changes the first page
    torn = killed.files()
    torn[path.name] = torn[path.name][:512] + bytes(512) + torn[path.name][1024:]
    killed.close()
    after = _laid(torn, tmp_path / "torn")
    assert after.open().history.count("main") == 30
    after.close()


def test_a_log_without_its_history_is_set_aside(box: Box, tmp_path: Path) -> None:
    killed = _killed(box, tmp_path / "killed")
    log = (killed.directory / "history.db-wal").read_bytes()
    (killed.directory / "history.db").unlink()
    home = killed.open()
    with pytest.raises(StorageError, match="is missing, but its log"):
        _ = home.history
    kept = home.set_aside_history(now=0)
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == log
    assert home.history.count("main") == 0
    killed.close()
