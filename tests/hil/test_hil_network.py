"""Network gone, slow, broken, lying: an error with a way out, and the model at hand stays."""

from __future__ import annotations

import pytest

from tests.hil.board import Board
from tests.hil.office import Office


def test_without_a_network_an_update_fails_and_everything_else_works(
    board: Board, home: str, office: Office
) -> None:
    board.json(home, "consent", "grant", "history", "personalization")
    board.json(home, "model", "update")
    board.write(office.settings(port="9").encode(), f"{home}/config.toml")
    gone = board.edgeagent(home, "model", "update")
    assert gone.code == 7, gone
    assert "server_url" in gone.err
    assert board.json(home, "recommend", "--limit", "1")["picks"]


def test_a_slow_network_is_waited_for(board: Board, home: str, office: Office) -> None:
    office.mood("slow")
    assert board.json(home, "model", "update")["model_changed"]


@pytest.mark.parametrize(
    ("mood", "words"), [("broken", "GET"), ("lying", "does not verify"), ("refusing", "503")]
)
def test_a_bad_server_is_refused_and_the_next_try_works(
    board: Board, home: str, office: Office, mood: str, words: str
) -> None:
    office.mood(mood)
    said = board.edgeagent(home, "model", "update")
    assert (said.code, words in said.err) == (7, True), said
    office.mood("")
    assert board.json(home, "model", "update")["model_changed"]
