"""Published rankers: settings are chosen on validation people, and each question is asked once."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_export.evaluation.ranking import evaluate_ranking, global_split
from model_export.evaluation.splits import validation_split
from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel
from tests.bench.other_environment import OtherEnvironmentError, answers_of, environment
from tests.bench.rankers import Kept, Published
from tests.root.popularity_ranker import Popularity


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
    fitted = Published(model="any", grid=grid).fit(split, validation, ask, seed=7)
    assert fitted.size_bytes == 8
    *tried, last = ask.asked
    assert [each["settings"] for each in tried] == grid
    assert last["settings"] == chosen
    assert {each["seed"] for each in ask.asked} == {7}
    viewings = sum(map(len, last["training"]))
    assert viewings == len(split.training)
    assert all(sum(map(len, each["training"])) < viewings for each in tried)
    assert len(last["histories"]) == len(split.people)
    counts = np.bincount(split.training.items, minlength=len(log.titles)).astype(np.float64)
    found = evaluate_ranking(split, fitted.score).ndcg_at_100
    assert found == pytest.approx(evaluate_ranking(split, lambda _history: counts).ndcg_at_100)


def test_an_answer_that_is_kept_needs_no_environment(tmp_path: Path) -> None:
    kept, question = Kept(directory=tmp_path), {"model": "als", "settings": {}}
    answers = [{"ranked": [[1]], "bytes": 4}]
    kept.path(question).write_text(json.dumps(answers), "utf-8")
    assert kept(question) == answers
    assert kept.path({**question, "seed": 1}) != kept.path(question)
    kept.forget("bm25")
    assert kept.path(question).exists()
    kept.forget("als")
    assert not kept.path(question).exists()


@pytest.mark.deep  # makes an environment
def test_without_an_index_it_is_said_what_could_not_be_installed_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    package = "edgeagent-needs-no-such-package==1"
    with pytest.raises(OtherEnvironmentError, match=rf"{package} could not be .* {tmp_path}"):
        environment(tmp_path / "other", [package])
    said = capfd.readouterr().err
    assert said.startswith(f"installing {package} in {tmp_path}")
    assert "No matching distribution" in said


def test_a_script_that_fails_in_the_other_environment_is_named(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit(3)\n", "utf-8")
    with pytest.raises(OtherEnvironmentError, match=r"broken\.py ended with 3"):
        answers_of(Path(sys.executable), script, asked={})
