"""All heads as exported, run by the engine of the box: reasons that add up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    RankRequest,
    TrialRequest,
    Viewing,
    decode_catalogue,
)
from edgeagent.messages.fields import HeadName
from edgeagent.ranking.trial import gain, hold_out
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from model_export.evaluation.ranking import PersonHistory
from model_export.heads.fit import HEADS
from model_export.heads.foldin import FoldinSettings
from model_export.heads.linear import LinearSettings
from model_export.heads.linear_fit import LENGTHS
from model_export.heads.timescales import TimescalesWeights
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.train import train
from tests.model_export.heads.blend_cases import with_blend
from tests.model_export.heads.every_head import with_every_head
from tests.model_export.heads.linear_cases import with_linear
from tests.model_export.heads.timescales_cases import with_timescales

NOW = 1_780_000_000
FILES = ModelFiles(
    model_path="m", model_sha256="0" * 64, catalogue_path="c", catalogue_sha256="0" * 64
)


@pytest.fixture(scope="module")
def engines(model: TrainedModel) -> dict[str, Engine]:
    return {head: _engine(trained) for head, trained in with_every_head(model).items()}


def _engine(model: TrainedModel) -> Engine:
    artefacts = export(model, model, now=NOW)
    assert artefacts.manifest.head == model.head
    engine = Engine(
        OnnxModel(artefacts.model), CatalogueView.of(decode_catalogue(artefacts.catalogue))
    )
    engine.check_golden(artefacts.golden)
    return engine


@cache
def _histories(titles: int) -> st.SearchStrategy[tuple[tuple[int, int, float], ...]]:
    viewing = st.tuples(
        st.integers(0, titles - 1), st.integers(-(10**5), 3 * 10**7), st.floats(0, 1)
    )
    return st.lists(viewing, max_size=60).map(tuple)


def _viewings(engine: Engine, drawn: tuple[tuple[int, int, float], ...]) -> tuple[Viewing, ...]:
    titles = engine.catalogue.titles
    return tuple(
        Viewing(
            entity_id=titles[item].entity_id,
            watched_on=NOW - ago,
            progress_fraction=fraction,
        )
        for item, ago, fraction in drawn
    )


@pytest.mark.parametrize("head", HEADS)
@given(drawn=_histories(250), explained=st.integers(0, 249))
@settings(max_examples=60, deadline=None)
def test_parts_add_up_to_the_score(
    engines: dict[str, Engine],
    head: HeadName,
    drawn: tuple[tuple[int, int, float], ...],
    explained: int,
) -> None:
    engine = engines[head]
    history = _viewings(engine, drawn)
    title = engine.catalogue.titles[explained].entity_id
    answer = engine.rank(
        RankRequest(files=FILES, now=NOW, history=PackedViewings.of(history), explain=title)
    )
    (pick,) = answer.picks
    parts = sum(reason.contribution for reason in pick.reasons)
    assert abs(parts - pick.score) <= 1e-4 * max(answer.score_spread, 1e-6)
    kinds = {reason.kind for reason in pick.reasons}
    assert ("together" in kinds) == (head in ("timescales", "blend"))
    watched = {viewing.entity_id for viewing in history if viewing.progress_fraction}
    assert {reason.entity_id for reason in pick.reasons} - {None} <= watched


@pytest.mark.deep
def test_the_longest_rows_are_within_every_limit_of_the_box(panel: WatchLog) -> None:
    few = panel.select(panel.users < 60)
    model = train(few, seed=1, segments=8, dimension=max(LENGTHS), head="linear")
    assert len(model.table.rows) == max(LENGTHS) == 512
    _engine(model)


def _nothing_special() -> list[tuple[int, int, float]]:
    return [(number * 7 % 250, 10**6 - number * 997, 0.9) for number in range(40)]


def _much_of_it_not_watched() -> list[tuple[int, int, float]]:
    # The last 500 hold far fewer that weigh: only those that weigh are counted.
    return [(number % 250, 10**6 - number * 997, 0.9 * (number % 3 == 0)) for number in range(999)]


def _longer_than_the_window() -> list[tuple[int, int, float]]:
    return [(number % (99 if number < 500 else 250), 10**6 - number, 0.9) for number in range(900)]


def _from_the_future() -> list[tuple[int, int, float]]:
    return [(number * 7 % 250, 10**6 - number * 10**5, 0.9) for number in range(40)]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "history",
    [_nothing_special, _much_of_it_not_watched, _longer_than_the_window, _from_the_future],
)
def test_the_box_scores_what_was_evaluated(
    engines: dict[str, Engine],
    model: TrainedModel,
    head: HeadName,
    history: Callable[[], list[tuple[int, int, float]]],
) -> None:
    trained = with_every_head(model)[head]
    drawn = tuple(history())
    items, ago, fraction = (np.array(column) for column in zip(*drawn, strict=True))
    person = PersonHistory(
        items=items, completion=fraction.astype(np.float32), watched_on=NOW - ago, now=NOW
    )
    expected = trained.scorer()(person)
    found = engines[head].scores(_viewings(engines[head], drawn), now=NOW)
    assert np.abs(found - expected).max() <= 1e-4 * np.ptp(expected)


@pytest.mark.parametrize("head", HEADS)
def test_the_quality_gate_judges_every_head_by_what_was_evaluated(
    engines: dict[str, Engine], model: TrainedModel, head: HeadName
) -> None:
    """Each title held out gains what it would by the float64 head; a near tie may turn."""
    engine, score = engines[head], with_every_head(model)[head].scorer()
    history = _viewings(engine, tuple(_nothing_special()))
    held_out = hold_out(history)
    assert held_out is not None
    column = engine.catalogue.index
    before = [column[viewing.entity_id] for viewing in held_out.before]
    scores = score(
        PersonHistory(
            items=np.array(before),
            completion=np.full(len(before), 0.9, dtype=np.float32),
            watched_on=np.array([viewing.watched_on for viewing in held_out.before]),
            now=held_out.now,
        )
    )
    scores[before] = -np.inf
    ranks = [1 + int((scores > scores[column[each]]).sum()) for each in held_out.targets]
    answer = engine.trial(TrialRequest(files=FILES, profiles=(history,)))
    assert answer.gains == pytest.approx([gain(rank) for rank in ranks], abs=0.01)
    assert len(set(answer.gains)) > 1


def test_settings_say_which_head_they_are_for(model: TrainedModel) -> None:
    assert isinstance(model.settings, FoldinSettings)
    assert isinstance(with_linear(model).settings, LinearSettings)
    assert isinstance(with_timescales(model).settings, TimescalesWeights)
    assert with_timescales(model).head == "timescales"
    assert with_blend(model).head == "blend"
