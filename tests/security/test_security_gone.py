"""A history that is gone is missed: said until a person has seen to it, and nothing is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeagent.errors import LedgerBroken
from edgeagent.store.store_notes import GONE
from edgeagent.testing.box import Box

Loss = Callable[[Path], object]


def _dangling(directory: Path) -> None:
    path = directory / "history.db"
    path.unlink()
    path.symlink_to(directory / "nowhere")


def _with_key(directory: Path) -> None:
    for name in ("history.db", "history.key"):
        (directory / name).unlink()


LOSSES: dict[str, Loss] = {
    "deleted": lambda directory: (directory / "history.db").unlink(),
    "moved": lambda directory: (directory / "history.db").rename(directory / "elsewhere"),
    "deleted with its key": _with_key,
    "a dangling link": _dangling,
}


def _watched(box: Box) -> None:
    home = box.open()
    home.ledger.append_consent(box.decision())
    home.history.add([box.event("t:1")], box.grant())
    box.close()


def _problems(box: Box) -> list[tuple[str, str]]:
    """Ask for the history, and return what is said of the files."""
    home = box.open()
    home.history.count("main")
    return [(note.detail, note.words) for note in home.ledger.store_problems()]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_history_that_is_gone_is_missed_until_it_is_seen_to(box: Box, loss: str) -> None:
    _watched(box)
    LOSSES[loss](box.directory)
    for _ in range(2):
        assert _problems(box) == [("history.db", GONE)]
        home = box.open()
        with pytest.raises(LedgerBroken, match="was gone") as caught:
            home.check()
        assert "doctor --accept" in caught.value.hint
        home.ledger.check()  # decisions hold, and can be made
        assert home.history.count("main") == 0
        box.close()
    home = box.open()
    home.settle_store_problems()
    home.check()
    box.close()
    assert _problems(box) == []
    box.close()
    (box.directory / "history.db").unlink()  # the new one is missed, too
    assert _problems(box) == [("history.db", GONE)]


def test_one_that_was_set_aside_or_destroyed_here_is_not_missed(box: Box) -> None:
    assert _problems(box) == []  # there never was one
    home = box.open()
    home.set_aside_history(now=0)
    box.close()
    assert _problems(box) == []
    box.open().discard_history()
    box.close()
    assert _problems(box) == []


def test_one_that_no_history_followed_is_not_missed(box: Box) -> None:
    box.open().ledger.append_consent(box.decision())
    box.close()
    assert _problems(box) == []
