"""Logs that lost their end, or lie beside an older database: told, and nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import Damaged
from edgeagent.store import Home
from edgeagent.store.store_notes import CUT_SHORT
from edgeagent.testing.box import NOW, Box

FRAME = 24 + 4096


def _killed(box: Box, directory: Path, **changed: bytes) -> Box:
    """Return the home as ``kill -9`` leaves it, with some files changed."""
    left = box.files()
    box.close()
    killed = Box(directory)
    killed.directory.mkdir(mode=0o700)
    for name, data in (left | changed).items():
        if not name.endswith("-shm"):
            (killed.directory / name).write_bytes(data)
            (killed.directory / name).chmod(0o600)
    return killed


def _filled(box: Box) -> Home:
    home = box.open()
    home.history.add([box.event("t:1")], box.grant())
    home.history.database.checkpoint()
    for number in range(3):
        home.history.add([box.event(f"t:{number}", NOW + number)], box.grant())
    return home


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_lost_end_of_the_history_is_told_from_the_first_opening_on(
    box: Box, tmp_path: Path
) -> None:
    _filled(box)
    log = (box.directory / "history.db-wal").read_bytes()
    changed = {"history.db-wal": _flipped(log, len(log) - FRAME + 100)}
    killed = _killed(box, tmp_path / "killed", **changed)
    home = killed.open(now=NOW + 60)
    assert home.history.count("main") == 3  # of four: what SQLite takes
    for _ in range(2):
        home = killed.open(now=NOW + 120)
        (note,) = home.ledger.store_problems()
        assert (note.detail, note.at, note.words) == ("history.db-wal", NOW + 60, CUT_SHORT)
        home.check()  # reports go on: a loss of power does this, too
        killed.close()
    home = killed.open()
    home.settle_store_problems()
    assert home.ledger.store_problems() == ()


def test_a_lost_end_of_the_ledgers_log_is_told(box: Box, tmp_path: Path) -> None:
    home = _filled(box)
    home.ledger.set_state("anything", b"that is not chained")
    log = (box.directory / "ledger.db-wal").read_bytes()
    changed = {"ledger.db-wal": _flipped(log, len(log) - 1)}
    killed = _killed(box, tmp_path / "killed", **changed)
    for _ in range(2):
        home = killed.open()
        assert [note.detail for note in home.ledger.store_problems()] == ["ledger.db-wal"]
        killed.close()


def test_a_whole_log_is_nothing_to_tell(box: Box, tmp_path: Path) -> None:
    _filled(box)
    home = _killed(box, tmp_path / "killed").open()
    assert home.history.count("main") == 4
    assert home.ledger.store_problems() == ()


@pytest.mark.parametrize(("before", "between"), [(0, 300), (500, 2000)])
def test_an_old_history_beside_a_newer_log_does_not_open_as_an_empty_one(
    box: Box, tmp_path: Path, before: int, between: int
) -> None:
    home = box.open()
    home.history.add([box.event(f"a:{n}", NOW + n) for n in range(before)], box.grant())
    home.history.database.checkpoint()
    old = (box.directory / "history.db").read_bytes()
    home.history.add([box.event(f"b:{n}", NOW + 10_000 + n) for n in range(between)], box.grant())
    home.history.database.checkpoint()
    home.history.add([box.event("c")], box.grant())
    right = (box.directory / "history.db").read_bytes()
    killed = _killed(box, tmp_path / "killed", **{"history.db": old})
    held = killed.files()
    with pytest.raises(Damaged, match=r"is older than history\.db-wal beside it") as caught:
        _ = killed.open().history
    assert "--repair" in caught.value.hint
    killed.close()
    for name in ("history.db", "history.db-wal"):  # so that the right one can be put back
        assert killed.files()[name] == held[name]
    (killed.directory / "history.db").write_bytes(right)
    assert killed.open().history.count("main") == before + between + 1


def test_an_old_history_beside_a_newer_log_can_be_set_aside(box: Box, tmp_path: Path) -> None:
    home = box.open()
    assert home.history.count("main") == 0
    home.history.database.checkpoint()
    old = (box.directory / "history.db").read_bytes()
    home.history.add([box.event(f"b:{n}", NOW + n) for n in range(300)], box.grant())
    home.history.database.checkpoint()
    home.history.add([box.event("c")], box.grant())
    killed = _killed(box, tmp_path / "killed", **{"history.db": old})
    home = killed.open()
    kept = home.set_aside_history(now=NOW)
    assert kept.read_bytes() == old
    assert kept.with_name(f"{kept.name}-wal").stat().st_size > 0
    assert home.history.count("main") == 0
    home.check()
