"""What an integrator does first."""

from __future__ import annotations

import pytest

from edgeagent import __version__
from tests.hil.board import Board


def test_our_wheel_is_installed_and_says_its_version(board: Board) -> None:
    said = board.edgeagent(f"{board.place}/none", "--version")
    assert (said.code, __version__ in said.out) == (0, True), said
    where = board.onboard("whereabouts")["edgeagent"]
    assert where.startswith(board.library), where


@pytest.mark.lg_feature("arm64")
def test_the_machine_is_one_of_those_we_promise(board: Board) -> None:
    assert board.check("uname -m") == "aarch64"
