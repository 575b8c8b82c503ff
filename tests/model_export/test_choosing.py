"""Which head is shipped: the split in time decides, and the one that was there has an advantage."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeagent.messages.fields import HeadName
from model_export import choosing, comparison
from model_export.choosing import HeadChoice, choose_head
from model_export.comparison import compare
from model_export.evaluation.ranking import paired_gain
from model_export.heads.fit import fit_head
from model_export.heads.fitted_head import FittedHead
from model_export.heads.tuning import FitOrder
from model_export.log import WatchLog


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "torch_is_there", lambda: False)


def _silent(_what: str, _done: float) -> None:
    pass


@pytest.mark.parametrize(
    ("gain", "previous", "head"),
    [
        (0.5, None, "timescales"),
        (0.5, "foldin", "timescales"),
        (-0.5, None, "foldin"),
        (-0.5, "timescales", "foldin"),
        (0.001, None, "foldin"),
        (0.001, "foldin", "foldin"),
        (-0.001, "timescales", "timescales"),
    ],
)
def test_a_head_that_was_there_stays_unless_the_other_is_clearly_better(
    gain: float, previous: HeadName | None, head: HeadName
) -> None:
    foldin = np.linspace(0, 1, 20)
    timescales = foldin + gain + np.tile([-0.1, 0.1], 10)
    choice = HeadChoice.of({"foldin": foldin, "timescales": timescales}, previous=previous)
    assert choice.head == head
    assert f"head {head}" in choice.in_words()
    assert choice.facts()["gain_over"]


@pytest.mark.parametrize("previous", [None, "foldin", "timescales"])
def test_a_head_stays_where_nothing_can_be_compared(
    panel: WatchLog, previous: HeadName | None
) -> None:
    choice = choose_head(
        panel.select(np.arange(len(panel)) < 5),
        dimension=8,
        seed=1,
        progress=_silent,
        previous=previous,
    )
    assert not choice.judged
    assert choice.facts()["not_compared"]
    assert "too small" in choice.in_words()
    assert choice.head == (previous or "foldin")


@pytest.mark.parametrize("lower", [0.0, 0.3])
def test_the_best_of_three_is_chosen_if_it_beats_the_one_that_stays(lower: float) -> None:
    foldin = np.linspace(0, 1, 20)
    noise = np.tile([-0.1, 0.1], 10)
    judged: dict[HeadName, NDArray[np.float64]] = {
        "foldin": foldin,
        "linear": foldin + 0.2 + noise,
        "timescales": foldin + 0.4 - lower,
    }
    choice = HeadChoice.of(judged, previous=None)
    assert choice.head == ("linear" if lower else "timescales")
    assert HeadChoice.of({"linear": foldin}, previous="timescales").head == "linear"


@pytest.mark.usefixtures("without_torch")
def test_heads_that_cannot_be_fitted_are_left_out_and_said(panel: WatchLog) -> None:
    choice = choose_head(
        panel.select(panel.users < 60), dimension=1, seed=1, progress=_silent, previous="linear"
    )
    assert "linear" not in choice.judged
    assert [why.split(",")[0] for why in choice.left_out] == [
        "linear was not tried",
        "timescales was not tried",
        "blend was not tried",
    ]
    assert "linear was not tried" in choice.in_words()


@pytest.mark.deep
def test_a_table_goes_without_heads_that_cannot_be_fitted(
    panel: WatchLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "torch_is_there", lambda: False)
    few = panel.select(panel.users < 60)
    table = compare(few, protocol="cold", dimension=1, segments=16, seed=1)
    assert [row.model for row in table.rows] == ["foldin-1", "foldin-1 warm", "popularity warm"]
    assert {name: why[:24] for name, why in table.left_out.items()} == {
        f"{head}{warm}": why
        for warm in ("", " warm")
        for head, why in (
            ("linear-1", "it needs 2 dimensions, t"),
            ("timescales-1", "PyTorch trains it and is"),
            ("blend-2", "PyTorch trains it and is"),
        )
    }


@pytest.mark.parametrize("dimension", [None, 4])
def test_blend_gets_the_heads_that_were_fitted_before_it(
    panel: WatchLog, monkeypatch: pytest.MonkeyPatch, dimension: int | None
) -> None:
    cheap = fit_head(panel, "linear", FitOrder(dimension=4, seed=1))
    given: dict[str, int] = {}

    def fitted(
        _log: WatchLog, head: HeadName, _order: FitOrder, *, seeds: int, halves: tuple[object, ...]
    ) -> FittedHead:
        assert seeds == 1
        given[head] = len(halves)
        return cheap

    monkeypatch.setattr(choosing, "torch_is_there", lambda: True)
    monkeypatch.setattr(choosing, "fit_head", fitted)
    choose_head(panel, dimension=dimension, seed=1, progress=_silent)
    # With a dimension that was asked for, its halves are shorter than they are.
    assert given["blend"] == (0 if dimension else 3)


@pytest.mark.deep
def test_the_split_in_time_chooses(panel: WatchLog) -> None:
    choice = choose_head(panel, dimension=8, seed=1, progress=_silent)
    own = choice.judged[choice.head]
    for quality in choice.judged.values():
        assert quality.mean() - own.mean() <= paired_gain(quality, own)[1]
    assert choice.facts()["people"] == len(own) > 50
    assert "paired" in choice.in_words()
