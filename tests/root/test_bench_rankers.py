"""Published rankers: settings are chosen on validation people, and each question is asked once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_export.evaluation.ranking import evaluate_ranking, global_split
from model_export.evaluation.splits import validation_split
from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel
from tests.bench.quality_rows import RowFiles
from tests.bench.quality_tables import LAST_RUN
from tests.bench.rankers import PUBLISHED, Kept, Published, table
from tests.bench.rankers_tables import LAST_RANKERS, with_rankers


class Popularity:
    """Ranks by viewings, or, with ``turned`` or before its second epoch, the other way round."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, question: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        self.asked.append(question)
        settings = question["settings"]
        watched = np.concatenate([np.array(each) for each in question["training"]])
        order = np.argsort(-np.bincount(watched, minlength=question["titles"]), kind="stable")
        if settings.get("turned"):
            order = order[::-1]
        epochs = [order[::-1], order, order[::-1]][: settings.get("epochs", 3)]
        states = epochs if "epochs" in settings else [order]
        return [
            {"ranked": [[t for t in state.tolist() if t not in own][:100] for own in histories],
             "bytes": 8}
            for state, histories in ((each, question["histories"]) for each in states)
        ]  # fmt: skip


@pytest.fixture(scope="module")
def log() -> WatchLog:
    return synthetic_panel(3, households=40, weeks=20, titles=150)


@pytest.mark.parametrize(
    ("grid", "chosen"),
    [
        ([{"turned": True}, {"turned": False}], {"turned": False}),
        ([{"epochs": 3}], {"epochs": 2}),
    ],
)
def test_settings_and_epochs_are_chosen_on_people_held_out_of_training(
    log: WatchLog, grid: Sequence[Mapping[str, Any]], chosen: Mapping[str, Any]
) -> None:
    split, ask = global_split(log), Popularity()
    validation = validation_split(split.training, aim="later", seed=0)
    fitted = Published(model="any", grid=grid).fit(split, validation, ask)
    assert fitted.size_bytes == 8
    *tried, last = ask.asked
    assert [each["settings"] for each in tried] == grid
    assert last["settings"] == chosen
    viewings = sum(map(len, last["training"]))
    assert viewings == len(split.training)
    assert all(sum(map(len, each["training"])) < viewings for each in tried)
    assert len(last["histories"]) == len(split.people)
    counts = np.bincount(split.training.items, minlength=len(log.titles)).astype(np.float64)
    found = evaluate_ranking(split, fitted.score).ndcg_at_100
    assert found == pytest.approx(evaluate_ranking(split, lambda _history: counts).ndcg_at_100)


def test_a_table_has_their_rows_beside_ours_and_is_not_made_twice(
    log: WatchLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, ask = RowFiles(directory=tmp_path, log="panel"), Popularity()
    models = ["implicit bm25", "popularity"]
    assert table(log, "panel", "last", files=files, ask=None, models=models) is None
    first, again = (
        table(log, "panel", "last", files=files, ask=each, models=models) for each in (ask, None)
    )
    assert first is not None
    assert first == again
    assert len(ask.asked) == len(PUBLISHED["implicit bm25"].grid) + 1
    theirs, ours = first["rows"]
    assert theirs["model"] == "implicit bm25"
    assert theirs["gain_over"] == ours["model"] == "popularity"
    assert theirs["gain_ndcg_at_100"] == {"mean": pytest.approx(0), "se": pytest.approx(0)}
    assert capsys.readouterr().err.count("done: panel, last") == 2


def test_published_rows_join_the_table_they_were_measured_beside() -> None:
    def found(protocol: str, *models: str) -> dict[str, Any]:
        rows = [{"model": model, "gain_over": "ease", "by": protocol} for model in models]
        return {"log": "panel", "protocol": protocol, "rows": rows}

    own = [found("last", "foldin-8", "ease"), found("cold", "foldin-8")]
    published = [found("last", "theirs", "ease"), found("strong", "theirs")]
    last, cold, strong = with_rankers(own, published)
    assert [row["model"] for row in last["rows"]] == ["foldin-8", "ease", "theirs"]
    assert (cold, strong) == (own[1], published[1])
    other = [{**published[0], "rows": [{"model": "theirs", "gain_over": "popularity"}]}]
    assert with_rankers(own, other) == own, "gains over something else cannot stand there"


def test_both_runs_measured_the_same_ease() -> None:
    own, published = (json.loads(path.read_text("utf-8")) for path in (LAST_RUN, LAST_RANKERS))
    ease = {
        (table["log"], table["protocol"]): row["ndcg_at_100"]
        for table in own
        for row in table["rows"]
        if row["model"] == "ease"
    }
    compared = [
        (row["ndcg_at_100"], ease[table["log"], table["protocol"]])
        for table in published
        for row in table["rows"]
        if row["model"] == "ease" and (table["log"], table["protocol"]) in ease
    ]
    assert compared
    assert all(abs(one - other) < 0.001 for one, other in compared)


def test_an_answer_that_is_kept_needs_no_environment(tmp_path: Path) -> None:
    kept, question = Kept(directory=tmp_path), {"model": "als", "settings": {}}
    answers = [{"ranked": [[1]], "bytes": 4}]
    kept.path(question).write_text(json.dumps(answers), "utf-8")
    assert kept(question) == answers
    assert kept.path({**question, "seed": 1}) != kept.path(question)
