"""Rankers that others publish: implicit's ALS and BM25, RecTools' EASE and SASRec, by their code.

Runs in an environment of its own, which ``rankers`` makes, and knows nothing of this project.
Reads one question as JSON: what people watched to learn from, the histories to rank for, a model
and its settings. Writes a line of JSON for each state of the model that is to be judged: the
hundred titles it ranks first for each history, none of them in it, and its size in bytes. Nobody
is judged here.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender
from rectools.dataset import Dataset
from rectools.models import EASEModel, SASRecModel
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

_DEPTH = 100
_People = Sequence[Sequence[int]]
_Answer = dict[str, Any]


def main() -> None:
    """Answer one question."""
    warnings.filterwarnings("ignore")  # of libraries about each other
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    question = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries greet on stdout
    with answers:
        for answer in _MODELS[question["model"]](question):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _als(question: dict[str, Any]) -> Iterator[_Answer]:
    model = AlternatingLeastSquares(random_state=question["seed"], **question["settings"])
    with threadpool_limits(1, "blas"):  # its own threads and those of BLAS fight for the cores
        model.fit(_matrix(question["training"], question), show_progress=False)
        histories = _matrix(question["histories"], question)
        people = np.arange(histories.shape[0])
        ranked, _ = model.recommend(people, histories, N=_DEPTH, recalculate_user=True)
    yield {"ranked": ranked.tolist(), "bytes": model.item_factors.nbytes}


def _bm25(question: dict[str, Any]) -> Iterator[_Answer]:
    model = BM25Recommender(**question["settings"])
    model.fit(_matrix(question["training"], question), show_progress=False)
    histories = _matrix(question["histories"], question)
    ranked, scores = model.recommend(np.arange(histories.shape[0]), histories, N=_DEPTH)
    near = model.similarity
    yield {
        "ranked": [row[known].tolist() for row, known in zip(ranked, scores > 0, strict=True)],
        "bytes": near.data.nbytes + near.indices.nbytes + near.indptr.nbytes,
    }


def _ease(question: dict[str, Any]) -> Iterator[_Answer]:
    model = EASEModel(**question["settings"])
    model.fit(_dataset(question["training"]))
    ranked = _recommended(model, question["training"], question["histories"])
    yield {"ranked": ranked, "bytes": model.weight.nbytes}


def _sasrec(question: dict[str, Any]) -> Iterator[_Answer]:
    """Train with the full softmax; one answer after each of ``epochs``.

    RecTools keeps the latest ``session_max_len`` viewings of a person and trains on nothing else:
    here a person is given in pieces of that length, so that it learns from every viewing.
    """
    settings = dict(question["settings"])
    epochs, length = settings.pop("epochs"), settings["session_max_len"]
    pytorch_lightning.seed_everything(question["seed"], verbose=False)
    model = SASRecModel(loss="softmax", deterministic=True, **settings)
    pieces = [
        each[max(end - length - 1, 0) : end]
        for each in question["training"]
        for end in range(len(each), 1, -length)
    ]
    training = _dataset(pieces)
    for epoch in range(1, epochs + 1):
        sys.stderr.write(f"epoch {epoch} of {epochs}\n")
        model.fit_partial(training, min_epochs=1, max_epochs=1)
        weights = sum(each.numel() for each in model.torch_model.parameters())
        ranked = _recommended(model, pieces, question["histories"])
        yield {"ranked": ranked, "bytes": 4 * weights}


def _matrix(people: _People, question: dict[str, Any]) -> csr_matrix:
    """Return [people, titles]: 1 where a title was watched, however often."""
    users = np.repeat(np.arange(len(people)), [len(each) for each in people])
    items = np.array([title for each in people for title in each], dtype=np.int64)
    shape = (len(people), question["titles"])
    watched = csr_matrix((np.ones(len(items), np.float32), (users, items)), shape)
    watched.data[:] = 1.0
    return watched


def _dataset(people: _People) -> Dataset:
    """Return people by number, each in order of time."""
    rows = [(n, title, place) for n, each in enumerate(people) for place, title in enumerate(each)]
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "datetime"])
    table["datetime"] = pd.Timestamp("2000-01-01") + pd.to_timedelta(table["datetime"], unit="s")
    return Dataset.construct(table.assign(weight=1.0))


def _recommended(
    model: EASEModel | SASRecModel, training: _People, histories: _People
) -> list[list[int]]:
    """Return the first titles for each history; the model has never seen it."""
    first, count = len(training), len(histories)
    known = {title for each in training for title in each}  # EASE takes no dataset with others
    seen = [[title for title in each if title in known] for each in histories]
    table = model.recommend(
        range(first, first + count),
        _dataset([*training, *seen]),
        k=_DEPTH,
        filter_viewed=True,
        on_unsupported_targets="ignore",
    )
    ranked: list[list[int]] = [[] for _ in range(count)]
    for user, title in zip(table["user_id"], table["item_id"], strict=True):
        ranked[int(user) - first].append(int(title))
    return ranked


_MODELS = {"als": _als, "bm25": _bm25, "ease": _ease, "sasrec": _sasrec}

if __name__ == "__main__":
    main()
