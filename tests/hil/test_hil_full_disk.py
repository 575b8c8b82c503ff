"""The data partition is full: an error, nothing acknowledged is lost, and room helps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hil.board import Board

pytestmark = pytest.mark.lg_feature("full_disk")


@pytest.fixture
def filler(board: Board) -> Iterator[str]:
    """A file that takes whatever room there is; gone after the test."""
    path = f"{board.place}/filler"
    yield path
    board.check(f"rm -f {path}")


def test_nothing_acknowledged_is_lost_on_a_full_partition(
    board: Board, home: str, filler: str
) -> None:
    board.json(home, "consent", "grant", "history")
    acknowledged = 0
    for number in range(2):
        acknowledged += board.json(home, "history", "add", f"t:{number}")["stored"]
    board.run(f"cat /dev/zero >{filler}; sync")
    failed = []
    for number in range(2, 8):
        said = board.edgeagent(home, "history", "add", f"t:{number}", "--json")
        acknowledged += said.json()["stored"] if said.code == 0 else 0
        failed += [said] if said.code else []
        if failed:
            break
    assert failed, "the partition is full, and everything was stored"
    assert failed[0].code == 5, failed
    assert "room" in failed[0].err or "space" in failed[0].err or "full" in failed[0].err
    board.check(f"rm {filler}; sync")
    assert board.json(home, "history", "list")["count"] == acknowledged
    assert board.json(home, "history", "add", "t:9")["stored"] == 1
    assert board.json(home, "history", "list")["count"] == acknowledged + 1
