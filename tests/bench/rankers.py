"""Rankers that others publish, by their own code, beside EASE and the heads.

``python -m tests.bench.rankers --ratings DIR --name "MovieLens small"`` makes one table for
each protocol; ``--stars 4`` makes them for the positives of a MovieLens directory, too. The
packages (RecTools, pytorch-lightning, PyTorch, and implicit as RecTools takes it) are installed in
an environment of their own, ``build/rankers/environment``; settings of each model are chosen on
people of the training part, held out as those of the test are, as the heads choose theirs. Every
answer of a model and every row is kept: a run that was cut short goes on where it was. What
``--out tests/bench/rankers.json`` holds, ``python -m tests.pages`` puts into the page beside it.
"""

from __future__ import annotations

import argparse
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

from model_export.comparison import _AIMS, Comparison, Row, _row, _split, compare
from model_export.evaluation.baselines import Fitted
from model_export.evaluation.ranking import PersonHistory, Split, evaluate_ranking
from model_export.evaluation.splits import validation_split
from model_export.heads.tuning import validation_value
from model_export.loaders import load_log
from model_export.loaders.movielens import load_movielens
from model_export.log import WatchLog
from tests.bench.other_environment import answers_of, environment
from tests.bench.quality_rows import RowFiles
from tests.bench.quality_tables import markdown

_SCRIPT = Path(__file__).with_name("published_rankers.py")
_PACKAGES = ("RecTools==0.19.0", "pytorch-lightning==2.6.6", "torch==2.13.0")
_SEED = 0
_BASELINE = "ease"
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

    def fit(self, split: Split, validation: Split, ask: Ask) -> Fitted:
        """Choose settings on ``validation``, fit with them to ``split`` and rank for its people."""
        tried = [
            (_value(validation, answer), settings, state)
            for settings in self.grid
            for state, answer in enumerate(ask(self._question(validation, settings)), start=1)
        ]
        _, settings, state = max(tried, key=lambda each: each[0])
        if "epochs" in settings:
            settings = {**settings, "epochs": state}
        answer = ask(self._question(split, settings))[-1]
        sys.stderr.write(f"chosen for {self.model}: {json.dumps(settings)}\n")
        return Fitted(score=_as_ranked(split, answer), size_bytes=answer["bytes"])

    def _question(self, split: Split, settings: _Settings) -> Mapping[str, Any]:
        training = split.training
        order = np.argsort(training.users, kind="stable")
        ends = np.flatnonzero(np.diff(training.users[order])) + 1
        return {
            "model": self.model,
            "settings": dict(settings),
            "seed": _SEED,
            "titles": len(training.titles),
            "training": [training.items[rows].tolist() for rows in np.split(order, ends)],
            "histories": [person.history.items.tolist() for person in split.people],
        }


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

    def path(self, question: Mapping[str, Any]) -> Path:
        """Return where the answers to a question are kept."""
        name = sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:24]
        return self.directory / f"{question['model']}-{name}.json"


def table(
    log: WatchLog,
    name: str,
    protocol: str,
    *,
    files: RowFiles,
    ask: Ask | None,
    models: Sequence[str],
) -> dict[str, Any] | None:
    """Return one table for JSON, computing the rows that are not kept yet; none without ``ask``."""
    rows = []
    for model in models:
        row = files.found(protocol, model)
        if row is None and ask is None:
            continue
        if row is None and ask is not None:
            row = _computed(log, protocol, model, ask)
            files.keep(protocol, row)
            sys.stderr.write(f"done: {name}, {protocol}, {model}, {row.seconds:.0f} s\n")
        if row is not None:
            rows.append(row)
    if not rows:
        return None
    baseline = next((row for row in rows if row.model == _BASELINE), rows[-1])
    found = Comparison(protocol=protocol, people=len(rows[0].recall_at_50), rows=tuple(rows))
    return {"log": name, "seed": _SEED, **found.facts(baseline=baseline)}


def _computed(log: WatchLog, protocol: str, model: str, ask: Ask) -> Row:
    if model not in PUBLISHED:
        (row,) = compare(
            log, protocol=protocol, dimension=_DIMENSION, segments=32, seed=_SEED, trainings=1,
            models=[model],
        ).rows  # fmt: skip
        return row

    def fit(split: Split) -> Fitted:
        validation = validation_split(split.training, aim=_AIMS[protocol], seed=_SEED)
        return PUBLISHED[model].fit(split, validation, ask)

    return _row(model, fit, _split(log, protocol, seed=_SEED))


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table for each log and protocol."""
    options = _parser().parse_args(arguments)
    tables: list[dict[str, Any]] = []
    for name, log in _logs(options).items():
        for protocol in options.protocols.split(","):
            found = table(
                log,
                name,
                protocol,
                files=RowFiles(directory=options.kept / "rows", log="-".join(name.lower().split())),
                ask=None if options.found else Kept(directory=options.kept),
                models=options.models.split(","),
            )
            if found is None:
                continue
            tables.append(found)
            sys.stdout.write(f"{markdown([found])}\n\n")
            sys.stdout.flush()
            options.out.write_text(json.dumps(tables, indent=1) + "\n", "utf-8")


def _logs(options: argparse.Namespace) -> Mapping[str, WatchLog]:
    name = options.name or options.ratings.name
    logs = {name: load_log(options.ratings, options.catalogue)}
    if options.stars:
        positives = load_movielens(options.ratings, minimum_stars=options.stars)
        logs[f"{name}, ratings of {options.stars:g} stars and more"] = positives
    return logs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=Path, required=True, help="the log")
    parser.add_argument("--catalogue", type=Path, help="what its items are, where it is a table")
    parser.add_argument("--name", help="what tables call it; default: its file name")
    parser.add_argument("--stars", type=float, help="beside all of MovieLens, such ratings alone")
    parser.add_argument("--protocols", default="global,strong,last")
    models = (*PUBLISHED, "foldin-128", _BASELINE)
    parser.add_argument("--models", default=",".join(models), help="rows of a table")
    parser.add_argument("--found", action="store_true", help="show what is there, compute nothing")
    parser.add_argument("--kept", type=Path, default=Path("build/rankers"))
    parser.add_argument("--out", type=Path, default=Path("rankers.json"))
    return parser


if __name__ == "__main__":
    main()
