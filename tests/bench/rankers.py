"""Rankers that others publish, by their own code, as rows of the quality tables.

The packages (RecTools, pytorch-lightning, PyTorch, and implicit as RecTools takes it) are installed
in an environment of their own. Settings of each model are chosen on people of the training part,
held out as those of the test are, as the heads choose theirs. Every answer of a model is kept: a
run that was cut short asks for those that are missing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_export.comparison import _AIMS, Row, _row, _split
from model_export.evaluation.baselines import Fitted
from model_export.evaluation.ranking import PersonHistory, Split, evaluate_ranking
from model_export.evaluation.splits import validation_split
from model_export.heads.tuning import validation_value
from model_export.log import WatchLog
from tests.bench.other_environment import answers_of, environment

__all__ = ["PUBLISHED", "Ask", "Kept", "Published", "published_row"]

_SCRIPT = Path(__file__).with_name("published_rankers.py")
_PACKAGES = ("RecTools==0.19.0", "pytorch-lightning==2.6.6", "torch==2.13.0")
_DIMENSION = 128

_Settings = Mapping[str, Any]
_Answer = Mapping[str, Any]
Ask = Callable[[Mapping[str, Any]], Sequence[_Answer]]
"""Answers a question that ``published_rankers`` understands, one state of a model after another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A model of others, and the settings to choose from."""

    model: str
    grid: Sequence[_Settings]

    def fit(self, split: Split, validation: Split, ask: Ask, *, seed: int) -> Fitted:
        """Choose settings on ``validation``, fit with them to ``split`` and rank for its people."""
        tried = [
            (_value(validation, answer), settings, state)
            for settings in self.grid
            for state, answer in enumerate(
                ask(_question(self.model, validation, settings, seed=seed)), start=1
            )
        ]
        _, settings, state = max(tried, key=lambda each: each[0])
        if "epochs" in settings:
            settings = {**settings, "epochs": state}
        answer = ask(_question(self.model, split, settings, seed=seed))[-1]
        sys.stderr.write(f"chosen for {self.model}: {json.dumps(settings)}\n")
        return Fitted(score=_as_ranked(split, answer), size_bytes=answer["bytes"])


def _grid(**choices: Sequence[Any]) -> list[_Settings]:
    return [dict(zip(choices, each, strict=True)) for each in product(*choices.values())]


PUBLISHED = {
    "implicit als-128": Published(
        model="als",
        grid=_grid(
            factors=[_DIMENSION], alpha=[1.0, 4.0], regularization=[1.0, 10.0, 100.0],
            iterations=[15],
        ),
    ),
    "implicit bm25": Published(model="bm25", grid=_grid(K=[100, 300, 1000], B=[0.25, 0.75])),
    "rectools ease": Published(
        model="ease", grid=_grid(regularization=[100.0, 300.0, 1000.0])
    ),
    "rectools sasrec-128": Published(
        model="sasrec",
        grid=[
            {
                "n_factors": _DIMENSION, "n_blocks": 2, "n_heads": 4, "session_max_len": 100,
                "batch_size": 8, "lr": rate, "dropout_rate": dropout, "epochs": 6,
            }
            for rate, dropout in ((1e-3, 0.2), (1e-3, 0.5), (3e-4, 0.2))
        ],
    ),
}  # fmt: skip
"""Of SASRec every epoch is judged. On MovieLens small, split in time, the first was followed for
eleven: its second was the best on validation, and after the sixth it fell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Asks in the other environment, each question once."""

    directory: Path

    def __call__(self, question: Mapping[str, Any]) -> Sequence[_Answer]:
        """Return the answers; a question that was asked before is not asked again."""
        path = self.path(question)
        if not path.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            python = environment(self.directory / "environment", _PACKAGES)
            answers = answers_of(python, _SCRIPT, asked=question)
            part = path.with_suffix(".part")
            part.write_text(json.dumps(answers), "utf-8")
            part.replace(path)
        found: Sequence[_Answer] = json.loads(path.read_text("utf-8"))
        return found

    def forget(self, model: str) -> None:
        """Ask a model again, about every log."""
        for path in self.directory.glob(f"{model}-*.json"):
            path.unlink()

    def path(self, question: Mapping[str, Any]) -> Path:
        """Return where the answers to a question are kept."""
        name = sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:24]
        return self.directory / f"{question['model']}-{name}.json"


def published_row(log: WatchLog, protocol: str, model: str, *, seed: int, ask: Ask) -> Row:
    """Return the row of one of ``PUBLISHED``, its settings chosen as those of the heads are."""

    def fit(split: Split) -> Fitted:
        validation = validation_split(split.training, aim=_AIMS[protocol], seed=seed)
        return PUBLISHED[model].fit(split, validation, ask, seed=seed)

    return _row(model, fit, _split(log, protocol, seed=seed))


def _question(model: str, split: Split, settings: _Settings, *, seed: int) -> Mapping[str, Any]:
    training = split.training
    order = np.argsort(training.users, kind="stable")
    ends = np.flatnonzero(np.diff(training.users[order])) + 1
    return {
        "model": model,
        "settings": dict(settings),
        "seed": seed,
        "titles": len(training.titles),
        "training": [training.items[rows].tolist() for rows in np.split(order, ends)],
        "histories": [person.history.items.tolist() for person in split.people],
    }


def _value(split: Split, answer: _Answer) -> float:
    return validation_value(evaluate_ranking(split, _as_ranked(split, answer)))


def _as_ranked(split: Split, answer: _Answer) -> Callable[[PersonHistory], NDArray[np.floating]]:
    """Return a scorer for the people of a split, and nobody else, that ranks as was answered."""
    place = {id(person.history): number for number, person in enumerate(split.people)}
    titles = len(split.training.titles)

    def score(history: PersonHistory) -> NDArray[np.floating]:
        ranked = np.array(answer["ranked"][place[id(history)]], dtype=np.int64)
        scores = np.zeros(titles)
        scores[ranked] = np.arange(len(ranked), 0, -1)
        return scores

    return score
