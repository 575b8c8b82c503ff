"""Tampering with the ledger: each way is noticed, and nothing can be booked afterwards."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from edgeagent.errors import DiskFull, LedgerBroken
from edgeagent.messages import canonical_bytes
from edgeagent.privacy.accounting import Debit
from edgeagent.store import Home, LedgerStore
from edgeagent.store.anchor import START, Anchor, Mark, Position
from edgeagent.store.chain import CHAINED_TABLES, Chain, link_hash
from edgeagent.store.durable import replace_durably
from edgeagent.store.keys import SecretKey
from edgeagent.store.lock import HomeLock
from edgeagent.testing.box import NOW, Box


def _fill(box: Box) -> Home:
    """Write rows into every chained table."""
    home = box.open()
    week = home.ledger.genesis.first_reportable_week
    home.ledger.note_known_time(NOW)
    home.ledger.append_consent(box.decision(), clock_was_behind=True)
    first = box.book(home.ledger, week)
    box.book(home.ledger, week + 13)
    home.ledger.settle(first, at=NOW, outcome="accepted", detail="")
    home.ledger.mark_missed(week + 26, reason="off", at=NOW)
    home.ledger.import_debits([Debit(week=week - 40, odds=Fraction(3))], at=NOW)
    home.ledger.append_store_note("tail_lost", at=NOW, detail="history.db-wal")
    home.ledger.counts.begin(week + 39, at=NOW, due_at=NOW)
    place = home.ledger.deletions.append("title", at=NOW)
    home.ledger.deletions.claim_preview(week, bytes(64), at=NOW, since=place)
    home.ledger.append_rename("main", "ada", at=NOW, since=0)
    home.ledger.append_consent(box.decision(given=False))
    home.ledger.check()
    return home


ROWS = 18
"""How many rows :func:`_fill` writes, the genesis included; the last two are a rename and a
withdrawal."""
CUT_TAIL = f"DELETE FROM consents WHERE seq = {ROWS - 1}"  # noqa: S608  (a number of our own)


def _tamper(home: Home, statement: str) -> None:
    with home.ledger._database.exclusive():
        connection = home.ledger._database.connection
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)


def _expect_broken(box: Box, match: str = ".") -> None:
    """Whatever else works, nothing is booked, and reopening does not heal it."""
    for _ in range(2):
        ledger = box.open().ledger
        with pytest.raises(LedgerBroken, match=match) as caught:
            ledger.check()
        assert caught.value.hint
        rows = _rows(ledger)
        with pytest.raises(LedgerBroken):
            box.book(ledger, 4000)
        with pytest.raises(LedgerBroken):
            ledger.append_consent(box.decision())
        with pytest.raises(LedgerBroken):
            ledger.mark_missed(4000, reason="", at=NOW)
        assert _rows(ledger) == rows
        box.close()


def _rows(ledger: LedgerStore) -> list[int]:
    return [len(_seqs(ledger, table)) for table in CHAINED_TABLES]


def _seqs(ledger: LedgerStore, table: str) -> list[int]:
    rows = ledger._database.read(f"SELECT seq FROM {table}")  # noqa: S608  (our own table)
    return [seq for (seq,) in rows]


def test_the_hash_is_the_documented_one() -> None:
    row = {"seq": 3, "week": 7, "body": b"\x00\xff"}
    written_out = b'{"body":"AP8=","seq":3,"week":7}'
    assert canonical_bytes(row) == written_out
    assert (
        link_hash(bytes(32), "ledger", row)
        == sha256(bytes(32) + b"ledger\n" + written_out).digest()
    )


def test_every_row_is_in_one_unbroken_sequence(box: Box) -> None:
    ledger = _fill(box).ledger
    seqs = [seq for table in CHAINED_TABLES for seq in _seqs(ledger, table)]
    assert sorted(seqs) == list(range(ROWS))
    assert all(_rows(ledger))


@pytest.mark.parametrize("table", CHAINED_TABLES)
def test_a_deleted_row_is_noticed(box: Box, table: str) -> None:
    home = _fill(box)
    first = min(_seqs(home.ledger, table))
    _tamper(home, f"DELETE FROM {table} WHERE seq = {first}")  # noqa: S608  (our own table)
    box.close()
    _expect_broken(box)


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE genesis SET first_reportable_week = first_reportable_week - 1",
        "UPDATE genesis SET phase = (phase + 1) % 13",
        "UPDATE consents SET body = replace(body, 'withdrawn', 'given')",
        "UPDATE consents SET profile = 'ada'",
        "UPDATE renames SET new_name = 'eve'",
        "UPDATE counts SET week = week + 13",
        "UPDATE counts SET due_at = due_at + 1",
        "UPDATE deletions SET at = at - 1",
        "UPDATE previews SET week = week - 1",
        "UPDATE store_notes SET kind = 'settled'",
        "UPDATE clock_notes SET at = at - 7000000",
        "UPDATE clock_notes SET kind = 'known'",
        "UPDATE ledger SET odds_numerator = 2 WHERE entry = 'drawn'",
        "UPDATE ledger SET week = week - 26",
        "UPDATE ledger SET odds_numerator = NULL",
        "UPDATE disclosures SET body = zeroblob(512)",
        "UPDATE disclosures SET recipient = 'https://elsewhere.example'",
        "UPDATE deliveries SET outcome = 'refused'",
        "UPDATE consents SET hash = zeroblob(32)",
        "UPDATE consents SET seq = 1000 WHERE seq = (SELECT max(seq) FROM consents)",
        "UPDATE ledger SET seq = -seq",
    ],
)
def test_an_edited_row_is_noticed(box: Box, edit: str) -> None:
    home = _fill(box)
    _tamper(home, edit)
    box.close()
    _expect_broken(box)


def test_a_missing_row_is_named(box: Box) -> None:
    home = _fill(box)
    _tamper(home, "DELETE FROM consents WHERE seq = 2")
    box.close()
    _expect_broken(box, "row 2 of the chain is missing")


def test_a_ledger_without_its_first_row_has_no_phase(box: Box) -> None:
    home = _fill(box)
    _tamper(home, "DELETE FROM genesis")
    with pytest.raises(LedgerBroken, match="first row of the ledger is missing"):
        assert home.ledger.genesis.phase


def test_an_anchor_that_never_stands_still_is_no_agreement(box: Box, tmp_path: Path) -> None:
    class Restless(Anchor):
        def read(self) -> Position:
            return Position(confirmed=Mark(length=next(lengths), head="1" * 64))

    lengths = count(100)
    home = _fill(box)
    anchor = Restless(tmp_path / "anchor", SecretKey(bytes(32)))
    chain = Chain(home.ledger._database, anchor, HomeLock(tmp_path / "lock"))
    with pytest.raises(LedgerBroken, match="keeps changing"):
        chain.check()


def test_reordered_rows_are_noticed(box: Box) -> None:
    home = _fill(box)
    first, last = home.ledger._database.read("SELECT min(seq), max(seq) FROM consents")[0]
    for old, new in ((first, -1), (last, first), (-1, last)):
        _tamper(home, f"UPDATE consents SET seq = {new} WHERE seq = {old}")  # noqa: S608
    box.close()
    _expect_broken(box, "was changed")


def test_a_cut_tail_with_whole_hashes_is_noticed(box: Box) -> None:
    home = _fill(box)
    _tamper(home, CUT_TAIL)
    box.close()
    _expect_broken(box, f"has {ROWS - 1} rows, {ROWS} were acknowledged")


def test_a_tail_rewritten_by_someone_with_the_key_is_noticed(box: Box) -> None:
    home = _fill(box)
    database = home.ledger._database
    _tamper(home, CUT_TAIL)
    previous = database.read("SELECT hash FROM renames WHERE seq = ?", (ROWS - 2,))[0][0]
    body = canonical_bytes(box.decision()).decode()
    row = {"seq": ROWS - 1, "profile": "main", "purpose": "history", "body": body}
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO consents VALUES (?, ?, ?, ?, ?)",
            (*row.values(), link_hash(previous, "consents", row)),
        )
    box.close()
    _expect_broken(box, "not the ones that were acknowledged")


def test_tampering_by_another_process_is_noticed_while_open(box: Box) -> None:
    ledger = _fill(box).ledger
    _tamper(box.open(), "UPDATE ledger SET odds_numerator = 2 WHERE entry = 'drawn'")
    with pytest.raises(LedgerBroken, match="in ledger, was changed"):
        ledger.check()


def test_an_older_ledger_beside_a_newer_anchor_is_noticed(box: Box) -> None:
    _fill(box)
    box.close()
    older = box.files()["ledger.db"]
    box.open().ledger.append_consent(box.decision())
    box.close()
    (box.directory / "ledger.db").write_bytes(older)
    _expect_broken(box, f"has {ROWS} rows, {ROWS + 1} were acknowledged")


def test_an_older_anchor_beside_a_newer_ledger_is_noticed(box: Box) -> None:
    _fill(box)
    older = box.files()["ledger.anchor"]
    for given in (True, False):
        box.open().ledger.append_consent(box.decision(given=given))
    box.close()
    (box.directory / "ledger.anchor").write_bytes(older)
    _expect_broken(box, f"has {ROWS + 2} rows, {ROWS} were acknowledged")


def test_a_missing_or_foreign_anchor_is_noticed(box: Box) -> None:
    home = _fill(box)
    tip = home.ledger._chain._verified_tip()
    box.close()
    path = box.directory / "ledger.anchor"
    path.unlink()
    _expect_broken(box, "No such file")
    Anchor(path, SecretKey(bytes(32))).confirm(tip)  # right in all but the key
    _expect_broken(box, "not written by this box")


def test_every_flipped_byte_of_the_anchor_is_noticed(box: Box) -> None:
    ledger = _fill(box).ledger
    path = box.directory / "ledger.anchor"
    whole = path.read_bytes()
    for position in range(len(whole)):
        for bit in (1, 0x20):  # 0x20 turns lower-case letters into upper-case ones
            flipped = bytes([whole[position] ^ bit])
            path.write_bytes(whole[:position] + flipped + whole[position + 1 :])
            with pytest.raises(LedgerBroken):
                ledger.check()
    path.write_bytes(whole)
    ledger.check()


def test_a_lost_ledger_is_not_made_anew_beside_its_anchor(box: Box) -> None:
    _fill(box)
    box.close()
    (box.directory / "ledger.db").unlink()
    before = box.files()
    with pytest.raises(LedgerBroken, match=r"ledger\.db is missing") as caught:
        box.open()
    assert "nothing for 13 weeks" in caught.value.hint
    assert box.files() == before


class _PowerCut(Exception):
    pass


def _cut_at(write_number: int, *, after: bool) -> Callable[[Path, bytes], None]:
    """Return an anchor writer after which, or instead of which, the power goes."""
    writes = iter(range(1, 100))

    def write(path: Path, data: bytes) -> None:
        cut = next(writes) == write_number
        if cut and not after:
            raise _PowerCut
        replace_durably(path, data)
        if cut:
            raise _PowerCut

    return write


@pytest.mark.parametrize(
    ("write_number", "after", "stored"),
    [(1, False, 1), (1, True, 1), (2, False, 2), (2, True, 2)],
    ids=["before intent", "between intent and commit", "between commit and confirm", "confirmed"],
)
def test_a_power_cut_at_any_step_leaves_a_whole_ledger(
    box: Box, write_number: int, *, after: bool, stored: int
) -> None:
    box.open().ledger.append_consent(box.decision())
    box.close()
    ledger = box.open(write_anchor=_cut_at(write_number, after=after)).ledger
    with pytest.raises(_PowerCut):
        ledger.append_consent(box.decision(given=False))
    box.close()
    ledger = box.open().ledger
    ledger.check()
    assert len(ledger.consents()) == stored
    ledger.append_consent(box.decision())
    ledger.check()
    box.close()
    ledger = box.open().ledger
    ledger.check()
    assert len(ledger.consents()) == stored + 1


def test_a_cut_tail_is_noticed_once_a_recovered_commit_was_confirmed(box: Box) -> None:
    box.open().ledger.append_consent(box.decision())
    box.close()
    older = box.files()["ledger.db"]
    ledger = box.open(write_anchor=_cut_at(2, after=False)).ledger
    with pytest.raises(_PowerCut):
        ledger.append_consent(box.decision(given=False))
    box.close()
    box.open().ledger.check()  # from here on the withdrawal is acknowledged
    box.close()
    (box.directory / "ledger.db").write_bytes(older)
    _expect_broken(box)


@pytest.mark.parametrize("write_number", [1, 2])
@pytest.mark.parametrize("after", [True, False])
def test_a_power_cut_while_the_ledger_is_made_is_made_good(
    box: Box, write_number: int, *, after: bool
) -> None:
    with pytest.raises(_PowerCut):
        box.open(write_anchor=_cut_at(write_number, after=after))
    ledger = box.open().ledger
    ledger.check()
    assert ledger.genesis.created_at == NOW


def test_no_room_for_the_intent_changes_nothing(box: Box) -> None:
    def no_room(path: Path, data: bytes) -> None:
        del data
        raise DiskFull(f"{path} is full", hint="make room")

    box.open().ledger.append_consent(box.decision())
    ledger = box.open(write_anchor=no_room).ledger
    with pytest.raises(DiskFull):
        ledger.append_consent(box.decision(given=False))
    assert len(ledger.consents()) == 1
    ledger.check()


def test_two_processes_append_in_turn(box: Box) -> None:
    ledgers = [box.open().ledger for _ in range(3)]
    for number in range(12):
        ledgers[number % 3].append_consent(box.decision(at=NOW + number))
        for ledger in ledgers:
            ledger.check()
    assert [record.at for record in ledgers[0].consents()] == list(range(NOW, NOW + 12))


def test_the_anchor_is_small_private_and_left_alone_by_reading(box: Box) -> None:
    ledger = _fill(box).ledger
    path = box.directory / "ledger.anchor"
    before = path.stat()
    ledger.check()
    ledger.disclosures()
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert before.st_size < 512
    assert before.st_mode & 0o077 == 0
    assert not list(box.directory.glob("*.new"))


def test_the_start_admits_nothing_but_itself_and_its_intent(tmp_path: Path) -> None:
    anchor = Anchor(tmp_path / "anchor", SecretKey(bytes(32)))
    assert not anchor.exists()
    intent = Mark(length=1, head="1" * 64)
    anchor.intend(START, intent)
    position = anchor.read()
    assert position.admits(START)
    assert position.admits(intent)
    assert not position.admits(Mark(length=1, head="2" * 64))
    anchor.confirm(intent)
    assert not anchor.read().admits(START)
