"""Fitting head D: two tables as one, the gate between them, and a model that goes all the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edgeagent.errors import InputError
from model_export.evaluation.ranking import Scorer, Split, evaluate_ranking, global_split
from model_export.heads.blend import BlendSettings
from model_export.heads.blend_fit import Halves, best_gate, some_histories
from model_export.heads.factors import ItemTable
from model_export.heads.fit import fit_head
from model_export.heads.fitted_head import FittedHead
from model_export.heads.model_file import load_model, save_model
from model_export.heads.trained_model import TrainedModel
from model_export.heads.tuning import FitOrder, clearly_better, validation_value
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from tests.model_export.heads.blend_cases import with_blend
from tests.model_export.heads.timescales_cases import timescales_weights

D = 8


@pytest.fixture(scope="module")
def split(panel: WatchLog) -> Split:
    return global_split(panel, maximum_people=40)


@pytest.fixture(scope="module")
def linear(split: Split) -> FittedHead:
    return fit_head(split.training, "linear", FitOrder(dimension=D, seed=0))


@pytest.fixture(scope="module")
def random(split: Split) -> FittedHead:
    """Head B as it is before it has learnt anything."""
    rng = np.random.default_rng(3)
    count = len(split.training.titles)
    return FittedHead(
        table=ItemTable.of(rng.normal(size=(count, D))),
        bias=rng.uniform(0, 0.1, count).astype(np.float32),
        settings=timescales_weights(dimension=D),
        validation=None,
    )


@pytest.fixture(scope="module")
def halves(split: Split, linear: FittedHead, random: FittedHead) -> Halves:
    return Halves.of(split.training, timescales=random, linear=linear)


def _agreement(log: WatchLog, one: Scorer, other: Scorer) -> float:
    """Mean correlation of two heads' scores over histories of ``log``."""
    histories = some_histories(log)[:30]
    return float(np.mean([np.corrcoef(one(each), other(each))[0, 1] for each in histories]))


def test_a_gate_lets_one_head_speak_or_the_other_or_both(
    split: Split, halves: Halves, linear: FittedHead, random: FittedHead
) -> None:
    alone = (random.scorer(), linear.scorer())
    for gate, expected in ((1e-3, (1.0, 0.0)), (1e3, (0.0, 1.0)), (1.0, (0.7, 0.7))):
        blended = halves.blended(gate).scorer()
        found = [_agreement(split.training, blended, each) for each in alone]
        assert found == pytest.approx(expected, abs=0.15), gate


def test_the_gate_is_what_ranks_best_for_people_held_out(
    split: Split, halves: Halves, linear: FittedHead
) -> None:
    gate, quality = best_gate(split, halves)
    assert gate >= 5, "what has learnt nothing has no say"
    alone = evaluate_ranking(split, linear.scorer())
    assert validation_value(quality) >= validation_value(alone) - 0.01


def test_the_gate_before_stays_unless_another_is_clearly_better(
    split: Split, halves: Halves
) -> None:
    best, quality = best_gate(split, halves)
    near = 0.9 * best * halves.even
    kept, kept_quality = best_gate(split, halves, settled=near)
    assert kept * halves.even == pytest.approx(near)
    assert not clearly_better(quality, kept_quality)
    # The other way round, who has learnt nothing would have the say.
    assert best_gate(split, halves, settled=1e-4)[0] == best


def test_other_heads_make_no_blend(split: Split, linear: FittedHead) -> None:
    with pytest.raises(TypeError, match="timescales and linear"):
        Halves.of(split.training, timescales=linear, linear=linear)


def test_a_model_goes_all_the_way(model: TrainedModel, tmp_path: Path) -> None:
    blend = with_blend(model)
    save_model(blend, tmp_path / "d.npz")
    loaded = load_model(tmp_path / "d.npz")
    first, second = (export(each, each, now=1_780_000_000) for each in (blend, loaded))
    assert first.model == second.model
    assert first.manifest.head == loaded.head == "blend"


@pytest.mark.deep
@pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch: edgeagent[train]")
def test_both_heads_and_the_gate_are_fitted(panel: WatchLog) -> None:
    few = panel.select(panel.users < 25)
    fitted = fit_head(few, "blend", FitOrder(dimension=16, seed=1), seeds=1)
    assert isinstance(fitted.settings, BlendSettings)
    assert (fitted.settings.first, len(fitted.table.rows)) == (8, 16)
    assert fitted.validation is not None
    assert np.isfinite(fitted.scorer()(some_histories(few)[0])).all()


@pytest.mark.deep
@pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch: edgeagent[train]")
@pytest.mark.parametrize("length", [8, 4])
def test_halves_that_are_there_are_not_fitted_again(panel: WatchLog, length: int) -> None:
    few, order = panel.select(panel.users < 25), FitOrder(dimension=8, seed=1)
    timescales = fit_head(few, "timescales", order, seeds=1)
    linear = fit_head(few, "linear", replace(order, lengths=(length,)))
    assert len(linear.table.rows) == length
    whole = replace(order, dimension=16)
    fresh = fit_head(few, "blend", whole, seeds=1)
    reused = fit_head(few, "blend", whole, seeds=1, halves=(timescales, linear))
    assert reused.table.space_id == fresh.table.space_id
    assert (reused.bias == fresh.bias).all()
    assert isinstance(reused.settings, BlendSettings)
    assert isinstance(fresh.settings, BlendSettings)
    assert reused.settings.gate == fresh.settings.gate
    assert reused.settings.timescales is timescales.settings


def test_without_pytorch_it_is_refused(panel: WatchLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="PyTorch"):
        fit_head(panel, "blend", FitOrder(dimension=16, seed=1))
