"""What spreading a list costs in hits and gains in variety, on a global time split.

    python -m tests.bench.bench_diversity [--ratings DIR] [--json]

A model is trained on the first 80 % of the time; each test person's list of ten is made as a box
makes it, with several trade-offs t, and with one place drawn. Prints NDCG@10 on what they watched
later, the mean likeness of two titles of a list, and how many genres it names. Without
``--ratings`` (a MovieLens directory) the people are invented.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import watched_of, window_of
from edgeagent.messages import PackedViewings, Viewing, decode_catalogue
from edgeagent.ranking.candidates import Access, CandidateIndex
from edgeagent.ranking.choice import _considered
from edgeagent.ranking.diversity import pool_size, spread
from edgeagent.ranking.exploration import DailySource, explore
from edgeagent.scoring.heads import ModelHead
from edgeagent.scoring.session import OnnxModel
from model_export.evaluation.ranking import GlobalSplit, TestPerson, global_split, mean_and_se
from model_export.loaders.movielens import load_movielens
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from tests.bench.figures import say

PLACES = 10
TRADE_OFFS = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
Figures = dict[str, float]


class _Lists:
    """Makes lists as a box would."""

    def __init__(self, split: GlobalSplit) -> None:
        artefacts = export(train(split.training, seed=1), split.training, now=split.cut_at)
        self.view = CatalogueView.of(decode_catalogue(artefacts.catalogue))
        self._titles = split.training.titles
        self._head = ModelHead(OnnxModel(artefacts.model), self.view)
        self._shelf = CandidateIndex.of(self.view.titles)

    def of(self, person: TestPerson, *, part: float, drawn: bool) -> NDArray[np.intp]:
        history = person.history
        watched = watched_of(
            PackedViewings.of(
                [
                    Viewing(
                        entity_id=self._titles[item].entity_id,
                        watched_on=int(on),
                        progress_fraction=float(completion),
                    )
                    for item, on, completion in zip(
                        history.items, history.watched_on, history.completion, strict=True
                    )
                ]
            ),
            self.view,
        )
        nothing = np.array([], dtype=np.intp)
        access = Access(now=history.now, hidden=nothing, max_age_rating=21, entitlements=())
        scored = self._head.score(window_of(watched, self.view, now=history.now))
        new = self._shelf.offer(watched, access).new
        count = pool_size(PLACES)
        pool, scores, embeddings = _considered(new, scored, self.view, self._shelf.ids, count)
        series, franchises = self._shelf.groups
        found = spread(
            scores,
            embeddings,
            series=series[pool],
            franchises=franchises[pool],
            limit=PLACES,
            relevance_part=part,
        )
        places = explore(found.chosen, found.spare, DailySource(person.user)) if drawn else {}
        return pool[[places.get(n, chosen) for n, chosen in enumerate(found.chosen)]]

    def ndcg(self, shown: NDArray[np.intp], person: TestPerson) -> float:
        wanted = {self.view.index[self._titles[item].entity_id] for item in person.target}
        worth = 1 / np.log2(np.arange(2, PLACES + 2))
        hits = np.array([column in wanted for column in shown.tolist()])
        return float(worth[: len(hits)][hits].sum() / worth[: len(wanted)].sum())

    def likeness(self, shown: NDArray[np.intp]) -> float:
        vectors = self.view.embeddings(shown)
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-6)[:, np.newaxis]
        return float((unit @ unit.T)[np.triu_indices(len(unit), 1)].mean())

    def genres(self, shown: NDArray[np.intp]) -> int:
        return len({genre for column in shown for genre in self.view.titles[column].genres})


def measure(split: GlobalSplit) -> list[Figures]:
    """Return one row of figures for each trade-off, and one with a place drawn."""
    lists = _Lists(split)
    rows: list[Figures] = []
    for part, drawn in [(part, False) for part in TRADE_OFFS] + [(0.9, True)]:
        shown = [lists.of(person, part=part, drawn=drawn) for person in split.people]
        quality = [lists.ndcg(s, p) for s, p in zip(shown, split.people, strict=True)]
        mean, error = mean_and_se(np.array(quality))
        rows.append(
            {
                "relevance_part": part,
                "drawn": float(drawn),
                "people": float(len(shown)),
                "ndcg_at_10": round(mean, 4),
                "se": round(error, 4),
                "likeness": round(float(np.mean([lists.likeness(s) for s in shown])), 4),
                "genres": round(float(np.mean([lists.genres(s) for s in shown])), 2),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="what spreading a list costs and gains")
    parser.add_argument("--ratings", type=Path, help="a MovieLens directory")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    log = load_movielens(options.ratings) if options.ratings else synthetic_panel(1)
    say({"lists": measure(global_split(log))}, as_json=options.json)


if __name__ == "__main__":
    main()
