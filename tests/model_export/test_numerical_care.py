"""Logs as they should not be: all heads still give numbers, and the box scores with them."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgeagent.errors import MalformedMessage
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    RankRequest,
    Title,
    Viewing,
    decode_catalogue,
)
from edgeagent.messages.fields import HeadName
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from model_export.evaluation.ranking import PersonHistory
from model_export.heads.factors import ItemTable
from model_export.heads.fit import HEADS, fit_head
from model_export.heads.trained_model import TrainedModel
from model_export.heads.tuning import FitOrder
from model_export.loaders import load_catalogue
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.train import train
from tests.model_export.heads.blend_cases import with_blend
from tests.model_export.heads.linear_cases import with_linear
from tests.model_export.heads.timescales_cases import with_timescales

DAY = 86_400
NOW = 1_780_000_000
FILES = ModelFiles(
    model_path="m", model_sha256="0" * 64, catalogue_path="c", catalogue_sha256="0" * 64
)


def _trained(model: TrainedModel) -> dict[str, TrainedModel]:
    return {
        "foldin": model,
        "linear": with_linear(model),
        "timescales": with_timescales(model),
        "blend": with_blend(model),
    }


def _nasty(*, longest: int = 10_000) -> WatchLog:
    """A log of a user with 10,000 viewings, users with one, repeats, zero completion, new
    titles."""
    rng = np.random.default_rng(2)
    lengths = [longest, *([1] * 20), *([12] * 60)]
    users = np.repeat(np.arange(len(lengths)), lengths)
    items = rng.integers(0, 50, len(users))
    items[longest + 20 :: 12] = items[longest + 21 :: 12]  # the same title twice in a row
    moments = rng.integers(0, 300 * DAY, len(users))
    order = np.lexsort((users, moments))
    completion = np.where(rng.random(len(users)) < 0.1, 0.0, 1.0).astype(np.float32)
    titles = tuple(
        Title(entity_id=f"t:{n}", title=f"T{n}", genres=(("A", "B", "C")[n % 3],))
        for n in range(55)
    )
    return WatchLog(
        titles=titles,
        users=users[order].astype(np.int64),
        items=items[order].astype(np.int64),
        watched_on=moments[order].astype(np.int64),
        completion=completion[order],
        user_count=len(lengths),
    )


@pytest.fixture(scope="module")
def nasty() -> WatchLog:
    return _nasty()


@pytest.mark.deep
@pytest.mark.parametrize("head", HEADS)
def test_a_nasty_log_trains_and_scores(nasty: WatchLog, head: HeadName) -> None:
    if head in ("timescales", "blend") and find_spec("torch") is None:
        pytest.skip("needs PyTorch: pip install 'edgeagent[train]'")
    fitted = fit_head(nasty, head, FitOrder(dimension=8, seed=1), seeds=1)
    assert (fitted.table.scale > 0).all()
    assert np.isfinite(fitted.bias).all()
    assert (fitted.bias >= 0).all()
    score = fitted.scorer()
    for length in (0, 1, 2, 10_000):
        rows = np.flatnonzero(nasty.users == 0)[:length]
        history = PersonHistory(
            items=nasty.items[rows],
            completion=nasty.completion[rows],
            watched_on=nasty.watched_on[rows],
            now=300 * DAY,
        )
        assert np.isfinite(score(history)).all()


def test_a_nasty_log_goes_all_the_way_to_the_files(nasty: WatchLog) -> None:
    model = train(nasty, seed=1, segments=16, dimension=8)
    for each in _trained(model).values():
        assert export(each, each, now=NOW).manifest.head == each.head


@pytest.mark.parametrize("field", ["year", "run_minutes", "age_rating", "season", "episode"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_title_that_says_what_is_no_number_trains_nothing(
    nasty: WatchLog, field: str, value: float
) -> None:
    wrong = msgspec.structs.replace(nasty.titles[7], **{field: value})
    titles = (*nasty.titles[:7], wrong, *nasty.titles[8:])
    with pytest.raises(MalformedMessage, match=rf"\$\.{field}"):
        train(replace(nasty, titles=titles), seed=1, segments=16, dimension=8)


@pytest.mark.deep
@pytest.mark.parametrize("written", ["nan", "NaN", ""])
def test_metadata_that_is_no_number_is_left_out_and_the_box_ranks(
    nasty: WatchLog, tmp_path: Path, written: str
) -> None:
    header = "item,title,genres,year,run_minutes,season\n"
    rows = [f"t:{n},T{n},{'ABC'[n % 3]},{written},{written},{written}\n" for n in range(55)]
    (tmp_path / "titles.csv").write_text(header + "".join(rows), "utf-8")
    log = replace(nasty, titles=load_catalogue(tmp_path / "titles.csv").titles)
    model = train(log, seed=1, segments=16, dimension=8)
    history = tuple(
        Viewing(entity_id=f"t:{n * 7 % 55}", watched_on=NOW - n, progress_seconds=60 * n)
        for n in range(10_000)
    )
    for each in _trained(model).values():
        artefacts = export(each, each, now=NOW)
        catalogue = CatalogueView.of(decode_catalogue(artefacts.catalogue))
        assert {title.year for title in catalogue.titles} == {None}
        answer = Engine(OnnxModel(artefacts.model), catalogue).rank(
            RankRequest(files=FILES, now=NOW, history=PackedViewings.of(history[:40]))
        )
        assert answer.picks
        assert all(np.isfinite(pick.score) for pick in answer.picks)
        assert not any("nan" in label.name.casefold() for label in each.labels)
        assert Engine(OnnxModel(artefacts.model), catalogue).scores(history, now=NOW).any()


@pytest.mark.parametrize("head", HEADS)
def test_rows_of_zeros_score_their_bias(model: TrainedModel, head: HeadName) -> None:
    table = ItemTable.of(np.vstack([model.table.embeddings()[:5], np.zeros((1, 16))]))
    assert table.scale[-1] == 1
    trained = _trained(model)[head]
    zeros = np.zeros(3, dtype=np.int64)
    user = trained.encoder().user(zeros, np.ones(3), np.zeros(3))
    assert float(table.embeddings()[-1] @ user) == 0.0


@pytest.mark.parametrize("head", HEADS)
def test_a_title_watched_a_thousand_times_breaks_nothing(
    model: TrainedModel, head: HeadName
) -> None:
    trained = _trained(model)[head]
    same = PersonHistory(
        items=np.full(1000, 3),
        completion=np.ones(1000, dtype=np.float32),
        watched_on=np.full(1000, 10**9),
        now=10**9,
    )
    assert np.isfinite(trained.scorer()(same)).all()
