"""A board without a battery: 1970 when it starts, then a jump to the present."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hil.board import Board

pytestmark = pytest.mark.lg_feature("clock")

PURPOSES = {"history", "personalization", "reporting"}


@pytest.fixture
def present(board: Board) -> Iterator[int]:
    """The time, which is right again after the test."""
    now = int(board.check("date +%s"))
    yield now
    board.check(f"date -s @{now}")


def granted(board: Board, home: str) -> set[str]:
    purposes = board.json(home, "consent", "show")["purposes"]
    return {purpose["purpose"] for purpose in purposes if purpose["granted"]}


def test_a_clock_at_1970_that_jumps_does_no_harm(board: Board, home: str, present: int) -> None:
    # Linux sets no clock to before it was started: a minute after that is 1970 enough.
    board.check("date -s @$(($(cut -d. -f1 /proc/uptime) + 60))")
    board.json(home, "consent", "grant", *PURPOSES)
    assert granted(board, home) == PURPOSES
    board.json(home, "history", "add", "t:1", "--at", "2024-01-01T00:00:00Z")
    silent = board.json(home, "report", "close")
    assert (silent["outcome"], "time is not known" in silent["reason"]) == ("silent", True)
    board.check(f"date -s @{present}")
    assert board.json(home, "model", "update")["model_changed"]
    assert board.json(home, "history", "list")["count"] == 1
    # What was granted in 1970 has its two years from when the time was known.
    assert granted(board, home) == PURPOSES
    board.check("date -s @4102444800")  # one jump to 2100 is not permanent
    assert board.json(home, "report", "close")["outcome"] == "silent"
    board.check(f"date -s @{present}")
    assert not board.json(home, "model", "update")["model_changed"]
    assert board.json(home, "report", "close")["outcome"] == "silent"  # granted a moment ago
