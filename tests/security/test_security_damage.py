"""Random damage to every file of a home: an error, or the truth, never a silent wrong answer.

The one thing that may be lost without a word is the tail of the history's write-ahead log where it
was cut between two commits; the ledger's tail is anchored.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgeagent.errors import LedgerBroken
from edgeagent.testing.box import NOW, Box
from tests.security.damage import PAGE, DamageFigures, make_victim, run_damages

EVENTS = 60


@pytest.fixture
def victim(box: Box) -> Box:
    """A home as a power cut leaves it: part in the databases, part in the write-ahead logs."""
    home = box.open()
    for number in range(EVENTS):
        home.history.add([box.event(f"title {number:03}", NOW + number)], box.grant())
        if number == EVENTS // 2:
            home.history._database.checkpoint()
    week = home.ledger.genesis.first_reportable_week
    for number in range(6):
        home.ledger.append_consent(box.decision(given=number % 2 == 0, at=NOW + number))
        report_id = box.book(home.ledger, week + 13 * number)
        if number == 3:
            home.ledger.settle(report_id, at=NOW, outcome="accepted", detail="counted")
            home.ledger._database.checkpoint()
    return box


@pytest.mark.deep
def test_damage_is_an_error_or_harmless(tmp_path: Path) -> None:
    victim = make_victim(tmp_path / "work", seed="short")
    figures = DamageFigures()
    for _ in run_damages(victim, tmp_path, attacks=100, seed="short", figures=figures):
        pass
    assert figures.wrong_answers == []
    assert figures.attacks == 100
    assert figures.noticed > 10  # the attack does reach something


def test_a_silent_wrong_answer_is_told(tmp_path: Path) -> None:
    victim = make_victim(tmp_path / "work", seed="short")
    unlike = replace(victim, decisions=victim.decisions[:-1], earlier=frozenset())
    figures = DamageFigures()
    for _ in run_damages(unlike, tmp_path, attacks=20, seed="short", figures=figures):
        pass
    assert any("decisions or reports are not the true ones" in it for it in figures.wrong_answers)


def test_one_byte_in_the_last_frame_drops_rows_and_the_anchor_notices(
    victim: Box, tmp_path: Path
) -> None:
    victim.open()
    files = victim.files()
    log = bytearray(files["ledger.db-wal"])
    assert len(log) > PAGE
    log[-1] ^= 1
    attacked = Box(tmp_path / "attacked")
    attacked.directory.mkdir(mode=0o700)
    for name, data in (files | {"ledger.db-wal": bytes(log)}).items():
        (attacked.directory / name).write_bytes(data)
        (attacked.directory / name).chmod(0o600)
    ledger = attacked.open().ledger
    assert ledger._database.integrity_errors() == ()  # the database itself finds nothing wrong
    with pytest.raises(LedgerBroken, match="were acknowledged"):
        ledger.check()
    attacked.close()


def test_a_whole_log_that_is_gone_is_noticed_in_the_ledger(victim: Box, tmp_path: Path) -> None:
    victim.open()
    attacked = Box(tmp_path / "attacked")
    attacked.directory.mkdir(mode=0o700)
    for name, data in victim.files().items():
        if not name.endswith(("-wal", "-shm")):
            (attacked.directory / name).write_bytes(data)
            (attacked.directory / name).chmod(0o600)
    with pytest.raises(LedgerBroken):
        attacked.open().ledger.check()
    attacked.close()
