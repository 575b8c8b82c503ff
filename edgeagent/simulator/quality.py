"""The quality of picks on viewings the model has not seen, measured on the published files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import ModelFiles, Title, Viewing
from edgeagent.scoring.loading import load_engine
from model_export.evaluation.ranking import (
    GlobalSplit,
    PersonHistory,
    RankingQuality,
    evaluate_ranking,
    mean_and_se,
    paired_gain,
    popularity_scorer,
)

__all__ = ["Quality", "measure_quality"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The quality of the model's and of popularity's ranking for the same people."""

    model: RankingQuality
    popularity: RankingQuality

    @property
    def users(self) -> int:
        """How many people were tested."""
        return len(self.model.ndcg_at_10)

    @property
    def ndcg_at_10(self) -> tuple[float, float]:
        """Mean NDCG@10 of the model and its standard error."""
        return mean_and_se(self.model.ndcg_at_10)

    @property
    def popularity_ndcg_at_10(self) -> tuple[float, float]:
        """Mean NDCG@10 of popularity and its standard error."""
        return mean_and_se(self.popularity.ndcg_at_10)

    @property
    def gain(self) -> tuple[float, float]:
        """Mean paired difference in NDCG@10 and its standard error."""
        return paired_gain(self.model.ndcg_at_10, self.popularity.ndcg_at_10)

    @property
    def hit_rate_at_10(self) -> float:
        """Share of people with a hit among the first ten."""
        return float(self.model.hit_rate_at_10.mean())


def measure_quality(
    split: GlobalSplit, files: ModelFiles, *, advance: Callable[[], None]
) -> Quality:
    """Rank for the test people with the exported graph and the int8 catalogue.

    Args:
        split: the global time split; the model was trained on its earlier part.
        files: the published files.
        advance: called for each person done.

    """
    engine = load_engine(files)
    titles = split.training.titles
    index = engine.catalogue.index
    columns = np.array([index[title.entity_id] for title in titles], dtype=np.intp)

    def score(history: PersonHistory) -> NDArray[np.floating]:
        advance()
        return engine.scores(_viewings(history, titles), now=history.now)[columns]

    return Quality(
        model=evaluate_ranking(split, score),
        popularity=evaluate_ranking(split, popularity_scorer(split.training)),
    )


def _viewings(history: PersonHistory, titles: tuple[Title, ...]) -> list[Viewing]:
    return [
        Viewing(
            entity_id=titles[item].entity_id,
            watched_on=int(watched_on),
            progress_fraction=float(completion),
        )
        for item, watched_on, completion in zip(
            history.items, history.watched_on, history.completion, strict=True
        )
    ]
