"""Files that vanish under a running process: nothing is acknowledged that nobody finds again."""

from __future__ import annotations

import os

import pytest

from edgeagent.errors import Damaged
from edgeagent.testing.box import Box


@pytest.mark.parametrize("name", ["history.db", "history.db-wal"])
@pytest.mark.parametrize("how", ["deleted", "moved", "exchanged"])
def test_a_viewing_is_not_acknowledged_into_a_file_that_is_gone(
    box: Box, name: str, how: str
) -> None:
    home = box.open()
    home.history.add([box.event("t:1")], box.grant())
    path = box.directory / name
    if how == "deleted":
        path.unlink()
    else:
        path.rename(path.with_name("elsewhere"))
    if how == "exchanged":
        path.write_bytes(path.with_name("elsewhere").read_bytes())
        path.chmod(0o600)
    for _ in range(2):
        with pytest.raises(Damaged, match="while it was open") as caught:
            home.history.add([box.event("t:2")], box.grant())
        assert caught.value.hint
    if (name, how) == ("history.db", "deleted"):
        with pytest.raises(Damaged, match="was deleted"):
            home.history.count("main")
    else:
        assert home.history.count("main") == 1  # it can still be read, and exported


def test_what_vanishes_during_the_write_is_not_acknowledged(box: Box) -> None:
    database = box.open().history.database

    def write_while_it_goes() -> None:
        with database.transaction() as connection:
            connection.execute("DELETE FROM last_picks")
            database.path.unlink()

    with pytest.raises(Damaged, match="while it was open"):
        write_while_it_goes()


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal"])
def test_no_report_is_booked_in_a_ledger_that_is_gone(box: Box, name: str) -> None:
    ledger = box.open().ledger
    week = ledger.genesis.first_reportable_week
    ledger.append_consent(box.decision())
    (box.directory / name).unlink()
    with pytest.raises(Damaged):
        box.book(ledger, week)
    with pytest.raises(Damaged):
        ledger.append_consent(box.decision(given=False))


@pytest.mark.parametrize("database", ["history", "ledger"])
@pytest.mark.parametrize("lost", ["key", "contents"])
def test_a_viewing_is_not_acknowledged_where_nobody_could_read_it_later(
    box: Box, database: str, lost: str
) -> None:
    home = box.open()
    home.ledger.append_consent(box.decision())
    home.history.add([box.event("t:1")], box.grant())
    home.ledger.database.checkpoint()
    path = box.directory / f"{database}.{'key' if lost == 'key' else 'db'}"
    kept = path.read_bytes()
    os.truncate(path, 0)
    if lost == "key":
        path.unlink()
    for _ in range(2):
        with pytest.raises(Damaged, match="is gone, and" if lost == "key" else "emptied") as caught:
            home.history.add([box.event("t:2")], box.grant())
        assert caught.value.hint
    path.write_bytes(kept)
    home.history.add([box.event("t:2")], box.grant())
    box.close()
    assert box.open().history.count("main") == 2


def test_put_back_in_its_place_it_is_written_again(box: Box) -> None:
    home = box.open()
    home.history.add([box.event("t:1")], box.grant())
    path = box.directory / "history.db"
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(Damaged):
        home.history.add([box.event("t:2")], box.grant())
    path.with_name("elsewhere").rename(path)
    home.history.add([box.event("t:2")], box.grant())
    box.close()
    assert box.open().history.count("main") == 2


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal"])
@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_viewing_is_not_acknowledged_beside_a_ledger_that_is_gone(
    box: Box, name: str, how: str
) -> None:
    home = box.open()
    home.ledger.append_consent(box.decision())
    home.history.add([box.event("t:1")], box.grant())
    path = box.directory / name
    aside = path.with_name("elsewhere")
    path.rename(aside)
    if how == "deleted":
        aside.unlink()
    for _ in range(2):
        with pytest.raises(Damaged, match=r"ledger\.db was moved, deleted, emptied"):
            home.history.add([box.event("t:2")], box.grant())
    assert home.history.count("main") == 1
    if how == "moved":
        aside.rename(path)
        home.history.add([box.event("t:2")], box.grant())
        assert home.history.count("main") == 2
