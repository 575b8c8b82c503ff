"""Memory of what is resident, and of the scoring child, where the figures mean something."""

from __future__ import annotations

import pytest

from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.published import Publisher, titles_of

pytestmark = pytest.mark.lg_feature("memory")

IDLE_KIB = 48 * 1024
CHILD_KIB = 112 * 1024
"""79 MiB were measured on x86-64; a leak of 50 MiB does not fit in."""
CHILD_GROWTH_KIB = 8 * 1024


def test_an_open_agent_and_its_child_stay_within_their_budgets(
    board: Board, home: str, publication: Publisher, figures: Figures
) -> None:
    board.json(home, "consent", "grant", "history", "personalization")
    board.json(home, "model", "update")
    measured = board.onboard("memory", home, titles_of(publication, "Comedy")[0])
    kib = figures["memory_kib"] = measured["kib"]
    assert measured["heavy"] == [], "what belongs into the child is resident"
    assert kib["idle_pss"] <= kib["idle_rss"] <= IDLE_KIB, kib
    assert kib["child_peak"] <= CHILD_KIB, kib
    assert kib["child_growth"] <= CHILD_GROWTH_KIB, kib
