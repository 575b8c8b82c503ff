"""The power goes at random moments: nothing acknowledged is lost, no report is drawn twice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.hil.office import Office
from tests.hil.power_cuts import PowerCuts

pytestmark = pytest.mark.lg_feature("power")

QUICK_CUTS = 10


@pytest.fixture
def cut(environment: Any, office: Office) -> Iterator[Callable[[], None]]:  # noqa: ANN401  (labgrid has no types)
    """Takes the power away, gives it back, and waits for the target."""
    target = environment.get_target()
    power, shell = target.get_driver("PowerProtocol"), target.get_driver("CommandProtocol")

    def cut_power() -> None:
        power.off()
        target.deactivate(shell)
        power.on()
        target.activate(shell)

    yield cut_power
    office.open()  # it went with the power, and other tests need it


def test_power_cuts_lose_nothing_acknowledged(
    board: Board, cut: Callable[[], None], figures: Figures
) -> None:
    cuts = int(os.environ.get("LG_HIL_CUTS", QUICK_CUTS))
    lives = PowerCuts(board, cut, seed=os.environ.get("LG_HIL_SEED", "1"))
    found = lives.run(cuts)
    figures["power_cuts"] = {**asdict(found), "during": dict(lives.during)}
    assert found.failures == []
    assert found.kills == cuts
    assert found.steps > cuts, "hardly anything was under way"
