"""No room, no permission: an error at each write, nothing lost, and work goes on afterwards."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeagent.errors import DiskFull
from edgeagent.store import Home
from edgeagent.testing.box import NOW, Box
from tests.security.disk import fill


@pytest.fixture
def box_on_small_disk(small_disk: Path) -> Iterator[Box]:
    opened = Box(small_disk / "home")
    home = opened.open()
    home.history.add([opened.event("film")], opened.grant())
    home.ledger.append_consent(opened.decision())
    yield opened
    opened.close()


def _record(box: Box, home: Home) -> None:
    events = [box.event(f"title {number}" * 10, number) for number in range(2000)]
    home.history.add(events, box.grant())


def _consent(box: Box, home: Home) -> None:
    home.ledger.append_consent(box.decision(given=False))


def _book(box: Box, home: Home) -> None:
    box.book(home.ledger, home.ledger.genesis.first_reportable_week)


def _miss(box: Box, home: Home) -> None:
    del box
    home.ledger.mark_missed(home.ledger.genesis.first_reportable_week, reason="", at=NOW)


def _rotate(box: Box, home: Home) -> None:
    home.rotate(box.provider)


def _set_state(box: Box, home: Home) -> None:
    del box
    home.ledger.set_state("installation", bytes(500_000))


WRITES = [_record, _consent, _book, _miss, _rotate, _set_state]


@pytest.mark.parametrize("write", WRITES)
def test_a_full_disk_is_an_error_and_loses_nothing(
    box_on_small_disk: Box, small_disk: Path, write: Callable[[Box, Home], None]
) -> None:
    box = box_on_small_disk
    home = box.open()
    assert home.history.count("main") == 1  # opening it empties its log, which makes room
    filler = fill(small_disk)
    with pytest.raises(DiskFull) as caught:
        write(box, home)
    assert "free space" in caught.value.hint
    home.ledger.check()
    assert (home.history.count("main"), len(home.ledger.consents())) == (1, 1)
    assert home.ledger.disclosures() == ()
    assert home.ledger.outbox() == ()
    filler.unlink()
    box.close()
    home = box.open()
    home.ledger.check()
    assert (home.history.count("main"), len(home.ledger.consents())) == (1, 1)
    home.history.add([box.event("another")], box.grant())
    _consent(box, home)
    assert (home.history.count("main"), len(home.ledger.consents())) == (2, 2)
    home.ledger.check()


def test_a_home_on_a_full_disk_is_not_half_made(small_disk: Path) -> None:
    filler = fill(small_disk)
    box = Box(small_disk / "home")
    with pytest.raises(DiskFull):
        box.open()
    filler.unlink()
    box.open().ledger.check()
    box.close()


@pytest.mark.parametrize("write", WRITES)
def test_a_read_only_file_system_is_an_error(
    box_on_small_disk: Box, small_disk: Path, write: Callable[[Box, Home], None]
) -> None:
    box = box_on_small_disk
    box.close()
    mount = shutil.which("mount") or ""
    subprocess.run([mount, "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(DiskFull) as caught:
        write(box, box.open())
    assert "make it writable" in caught.value.hint
    subprocess.run([mount, "-o", "remount,rw", str(small_disk)], check=True)
    home = box.open()
    home.ledger.check()
    assert (home.history.count("main"), len(home.ledger.consents())) == (1, 1)
