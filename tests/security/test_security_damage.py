"""Random damage to every file of a home: an error, or the truth, never a silent wrong answer.

The one thing that may be lost without a word is the tail of the history's write-ahead log, whose
checksums are SQLite's own; the ledger's tail is anchored.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from edgeagent.consent import ConsentRecord
from edgeagent.errors import EdgeAgentError, LedgerBroken
from edgeagent.privacy.accounting import Debit
from edgeagent.store import Disclosure, Home
from edgeagent.testing.box import NOW, Box
from edgeagent.testing.randomness import SeededRandomSource

ROUNDS = 120
EVENTS = 60
PAGE = 4096

T = TypeVar("T")
Damage = Callable[[bytes, SeededRandomSource], bytes]
LedgerAnswers = tuple[tuple[ConsentRecord, ...], tuple[Debit, ...], tuple[Disclosure, ...]]


def _ledger_answers(home: Home) -> LedgerAnswers:
    home.ledger.check()
    return home.ledger.consents(), home.ledger.debits(), home.ledger.disclosures()


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


def _flip(data: bytes, random: SeededRandomSource) -> bytes:
    position = random.below(len(data))
    flipped = bytes([data[position] ^ (1 << random.below(8))])
    return data[:position] + flipped + data[position + 1 :]


def _truncate(data: bytes, random: SeededRandomSource) -> bytes:
    return data[: random.below(len(data))]


def _swap_pages(data: bytes, random: SeededRandomSource) -> bytes:
    pages = [data[start : start + PAGE] for start in range(0, len(data), PAGE)]
    first, second = random.below(len(pages)), random.below(len(pages))
    pages[first], pages[second] = pages[second], pages[first]
    return b"".join(pages)


def _repeat_page(data: bytes, random: SeededRandomSource) -> bytes:
    start = PAGE * random.below(-(-len(data) // PAGE))
    return data[:start] + data[:PAGE] + data[start + PAGE :]


@pytest.mark.slow
@pytest.mark.parametrize("damage", [_flip, _truncate, _swap_pages, _repeat_page])
def test_damage_is_an_error_or_harmless(victim: Box, tmp_path: Path, damage: Damage) -> None:
    random = SeededRandomSource(f"damage {damage.__qualname__}")
    home = victim.open()
    truth = _ledger_answers(home)
    files = victim.files()
    victim_names = [name for name in files if files[name] and name != "lock"]
    noticed = 0
    for number in range(ROUNDS):
        name = victim_names[random.below(len(victim_names))]
        attacked = Box(tmp_path / f"attacked{number}")
        attacked.directory.mkdir(mode=0o700)
        for other, data in files.items():
            path = attacked.directory / other
            path.write_bytes(damage(data, random) if other == name else data)
            path.chmod(0o600)
        noticed += _attack(attacked, truth)
        attacked.close()
        shutil.rmtree(attacked.directory)
    assert noticed > ROUNDS // 10  # the attack does reach something


def _attack(attacked: Box, truth: LedgerAnswers) -> bool:
    """Return whether damage was noticed; fail on a wrong answer."""
    home = _tried(attacked.open)
    if isinstance(home, EdgeAgentError):
        assert home.hint
        return True
    answers = _tried(lambda: _ledger_answers(home))
    if isinstance(answers, EdgeAgentError):
        assert answers.hint
        with pytest.raises(EdgeAgentError):
            attacked.book(home.ledger, 4000)
    else:
        assert answers == truth
    seen = _tried(lambda: [viewing.entity_id for viewing in home.history.window("main")])
    if isinstance(seen, EdgeAgentError):
        assert seen.hint
        return True
    assert seen == [f"title {number:03}" for number in range(len(seen))]  # a prefix: no holes
    assert len(seen) > EVENTS // 2  # what was checkpointed is never lost in silence
    return answers != truth or len(seen) < EVENTS


def _tried(ask: Callable[[], T]) -> T | EdgeAgentError:
    try:
        return ask()
    except EdgeAgentError as error:
        return error


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
