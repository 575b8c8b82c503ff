"""Files put back from a copy: noticed, told, nothing drawn, nothing lost; and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeagent.clock import WEEK_SECONDS
from edgeagent.errors import LedgerBroken
from edgeagent.store import Home
from edgeagent.testing.box import NOW, Box

HISTORY = ("history.db", "history.db-wal")
LEDGER = ("ledger.db", "ledger.db-wal", "ledger.anchor")
Move = Callable[[Box, Home], object]
MOVES: dict[str, Move] = {
    "a decision": lambda box, home: home.ledger.append_consent(box.decision(given=False)),
    "a draw": lambda box, home: box.book(home.ledger, home.ledger.genesis.first_reportable_week),
    "a missed week": lambda _, home: home.ledger.mark_missed(4000, reason="off", at=NOW),
    "a deletion": lambda _, home: home.ledger.deletions.append("title", at=NOW),
    "a preview": lambda _, home: home.ledger.deletions.claim_preview(
        4000, bytes(64), at=NOW, since=home.ledger.deletions.last()
    ),
}
"""What moves the marks; a viewing never does."""


def _worked_on(box: Box) -> Home:
    home = box.open()
    home.ledger.append_consent(box.decision())
    home.history.add([box.event("t:1")], box.grant())
    return home


def _copy(box: Box, names: tuple[str, ...]) -> dict[str, bytes]:
    return {name: data for name, data in box.files().items() if name in names}


def _put_back(box: Box, names: tuple[str, ...], copy: dict[str, bytes]) -> None:
    box.close()
    for name in names:
        (box.directory / name).unlink(missing_ok=True)
    for name, data in copy.items():
        (box.directory / name).write_bytes(data)
        (box.directory / name).chmod(0o600)


@pytest.mark.parametrize("move", MOVES)
def test_a_history_that_is_put_back_alone_is_noticed_for_good(box: Box, move: str) -> None:
    home = _worked_on(box)
    copy = _copy(box, HISTORY)
    MOVES[move](box, home)
    home.history.add([box.event("t:2")], box.grant())
    _put_back(box, HISTORY, copy)
    for _ in range(2):  # what was noticed once is told from then on
        home = box.open()
        with pytest.raises(LedgerBroken, match=r"history\.db was restored") as caught:
            home.check()
        assert "doctor --repair" in caught.value.hint
        home.ledger.check()  # decisions hold, and can be made
        home.ledger.append_consent(box.decision(given=False))
        assert home.history.count("main") == 1  # nothing is lost
        box.close()
    home = box.open()
    home.settle_store_problems()
    home.check()


@pytest.mark.parametrize("move", MOVES)
def test_a_ledger_that_is_put_back_with_its_anchor_is_noticed(box: Box, move: str) -> None:
    home = _worked_on(box)
    copy = _copy(box, LEDGER)
    MOVES[move](box, home)
    _put_back(box, LEDGER, copy)
    for _ in range(2):
        home = box.open()
        with pytest.raises(LedgerBroken, match="were restored from an old copy") as caught:
            home.ledger.check()
        assert "13 weeks" in caught.value.hint
        with pytest.raises(LedgerBroken):
            MOVES[move](box, home)
        assert home.history.count("main") == 1
        box.close()


def test_one_week_is_not_drawn_six_times(box: Box) -> None:
    home = _worked_on(box)
    week = home.ledger.genesis.first_reportable_week
    copy = _copy(box, LEDGER)
    box.book(home.ledger, week)
    for _ in range(5):
        _put_back(box, LEDGER, copy)
        with pytest.raises(LedgerBroken):
            box.book(box.open().ledger, week)


def test_a_ledger_put_back_while_the_history_was_hidden_is_noticed_when_it_returns(
    box: Box,
) -> None:
    home = _worked_on(box)
    copy = _copy(box, LEDGER)
    MOVES["a draw"](box, home)
    box.close()
    hidden = _copy(box, HISTORY)
    _put_back(box, LEDGER + HISTORY, copy)
    home = box.open()
    for _ in range(3):  # further than it had been, but not the same way
        home.ledger.append_consent(box.decision(given=False))
    _put_back(box, HISTORY, hidden)
    with pytest.raises(LedgerBroken, match="were restored from an old copy"):
        box.open().ledger.check()


def test_a_viewing_moves_no_mark(box: Box) -> None:
    home = _worked_on(box)
    before = _copy(box, LEDGER)
    mark = home.history.database.read("SELECT position FROM ledger_mark")
    home.history.add([box.event("t:2")], box.grant())
    assert _copy(box, LEDGER) == before
    assert home.history.database.read("SELECT position FROM ledger_mark") == mark


def test_a_new_ledger_takes_the_history_over_and_is_silent(box: Box) -> None:
    _worked_on(box)
    box.close()
    for name in LEDGER:
        (box.directory / name).unlink(missing_ok=True)
    home = box.open()
    home.check()
    assert home.history.count("main") == 1
    assert home.ledger.consents() == ()
    for _ in range(2):
        home.ledger.append_consent(box.decision())
        home.check()


def test_a_history_from_before_there_were_marks_is_taken_over_once(box: Box) -> None:
    home = _worked_on(box)
    home.ledger.append_store_note("unmarked", at=NOW, detail="history.db")
    with home.history.database.transaction() as connection:
        connection.execute("DELETE FROM ledger_mark")
    copy = _copy(box, HISTORY)
    box.close()
    box.open().check()  # as after the update that brought them
    assert box.open().history.count("main") == 1
    _put_back(box, HISTORY, copy)
    assert box.open().history.count("main") == 1
    with pytest.raises(LedgerBroken, match=r"history\.db was restored"):
        box.open().check()


@pytest.mark.parametrize("cut", range(4))
def test_a_power_cut_between_the_marks_accuses_nobody(box: Box, cut: int, tmp_path: Path) -> None:
    """The files as they are after each durable step of one row of the chain."""
    steps: list[dict[str, bytes]] = []

    def write(path: Path, data: bytes) -> None:
        steps.append(box.files())
        path.write_bytes(data)
        steps.append(box.files())

    home = box.open(write_anchor=write)
    home.ledger.append_consent(box.decision())
    assert home.history.count("main") == 0
    steps.clear()
    home.ledger.append_consent(box.decision(given=False))
    box.close()
    after = Box(tmp_path / "after")
    after.directory.mkdir(mode=0o700)
    for name, data in steps[cut].items():
        (after.directory / name).write_bytes(data)
        (after.directory / name).chmod(0o600)
    for _ in range(2):
        after.open().check()
        assert len(after.open().ledger.consents()) == (1 if cut < 2 else 2)
        after.open().ledger.append_consent(box.decision())
        after.close()
        break


def test_what_the_box_cannot_notice_is_both_put_back_together(box: Box) -> None:
    home = _worked_on(box)
    copy = _copy(box, LEDGER + HISTORY)
    MOVES["a draw"](box, home)
    _put_back(box, LEDGER + HISTORY, copy)
    box.open().check()


def test_a_note_of_the_time_opens_no_history_and_accuses_none(box: Box) -> None:
    _worked_on(box)
    box.close()
    home = box.open()
    home.ledger.note_known_time(NOW)
    assert home._history is None
    home.check()
    box.close()
    home = box.open()
    assert home.history.count("main") == 1
    home.check()
    home.ledger.append_consent(box.decision(given=False))
    assert home.ledger.store_problems() == ()


def test_what_is_known_of_the_time_is_in_the_chain(box: Box) -> None:
    ledger = box.open().ledger
    ledger.note_known_time(NOW)
    ledger.note_known_time(NOW + WEEK_SECONDS - 1)
    assert ledger.last_known_time() == NOW
    length = ledger.tip()[0]
    copy = _copy(box, ("ledger.db", "ledger.db-wal"))
    ledger.note_known_time(NOW + WEEK_SECONDS)
    assert (ledger.last_known_time(), ledger.tip()[0]) == (NOW + WEEK_SECONDS, length + 1)
    _put_back(box, ("ledger.db", "ledger.db-wal"), copy)
    with pytest.raises(LedgerBroken):
        box.open().ledger.check()


def test_the_first_thing_done_after_a_put_back_may_be_a_decision(box: Box) -> None:
    home = _worked_on(box)
    copy = _copy(box, HISTORY)
    MOVES["a deletion"](box, home)
    _put_back(box, HISTORY, copy)
    box.open().ledger.append_consent(box.decision(given=False))
    with pytest.raises(LedgerBroken, match=r"history\.db was restored"):
        box.open().check()


def test_a_job_leaves_the_history_closed_and_accuses_none(box: Box) -> None:
    home = _worked_on(box)
    report = box.book(home.ledger, home.ledger.genesis.first_reportable_week)
    box.close()
    home = box.open()
    home.leaves_history_closed = True
    home.ledger.check()
    home.ledger.note_known_time(NOW)
    home.ledger.settle(report, at=NOW, outcome="accepted", detail="")
    assert home._history is None
    box.close()
    home = box.open()
    home.check()
    assert home.ledger.store_problems() == ()
