"""Bytes written for each viewing: flash wears out by them."""

from __future__ import annotations

import pytest

from tests.hil.board import Board
from tests.hil.conftest import Figures

SINGLE_BYTES = 14 * 1024
BATCHED_BYTES = 1.1 * 1024
LATE_DISK_BYTES = 16 * 1024
"""One that is older than what is there changes more pages, each of which the journal notes."""


def test_a_viewing_costs_no_more_than_its_budget(board: Board, home: str, figures: Figures) -> None:
    written = figures["written_bytes"] = board.onboard("writes", home)
    assert written["single"]["process"] <= SINGLE_BYTES, written
    assert written["batched"]["process"] <= BATCHED_BYTES, written
    assert written["late"]["process"] <= SINGLE_BYTES, written


@pytest.mark.lg_feature("data_disk")
def test_the_data_disk_sees_no_more_than_that(
    board: Board, home: str, figures: Figures, option: dict[str, str]
) -> None:
    written = board.onboard("writes", home, option["data_device"])
    figures["data_disk_bytes"] = {name: both["device"] for name, both in written.items()}
    assert written["single"]["device"] <= SINGLE_BYTES, written
    assert written["batched"]["device"] <= BATCHED_BYTES, written
    assert written["late"]["device"] <= LATE_DISK_BYTES, written
