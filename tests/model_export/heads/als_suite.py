"""What every engine keeps to; a test class inherits this and brings the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_export.evaluation.ranking import (
    evaluate_ranking,
    global_split,
    paired_gain,
    popularity_scorer,
)
from model_export.heads.als import FactorEngine, LocalEngine
from model_export.heads.foldin import FoldinSettings
from model_export.heads.foldin_tuning import foldin_scorer
from model_export.log import WatchLog

ALPHA, REGULARIZATION, DIMENSION = 0.3, 3.0, 16
SETTINGS = FoldinSettings(alpha=ALPHA, regularization=REGULARIZATION, decay_days=1e5, floor=1.0)


def fitted(
    engine: FactorEngine, log: WatchLog, *, seed: int = 1
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    factors = engine.fit(
        log, alpha=ALPHA, regularization=REGULARIZATION, dimension=DIMENSION, seed=seed
    )
    assert factors.shape == (len(log.titles), DIMENSION)
    return np.asarray(factors)


class EngineSuite:
    def test_factors_are_finite_and_follow_from_the_seed(
        self, engine: FactorEngine, panel: WatchLog
    ) -> None:
        factors = fitted(engine, panel)
        assert factors.dtype == np.float32
        assert np.isfinite(factors).all()
        assert np.abs(fitted(engine, panel) - factors).max() < 1e-4
        assert np.abs(fitted(engine, panel, seed=2) - factors).max() > 1e-2

    def test_titles_nobody_watched_have_rows_of_zeros(
        self, engine: FactorEngine, panel: WatchLog
    ) -> None:
        gone = np.isin(panel.items, panel.items[:3])
        factors = fitted(engine, panel.select(~gone))
        assert not factors[np.unique(panel.items[gone])].any()
        assert factors[np.unique(panel.items[~gone])].any(axis=1).all()

    def test_viewings_that_saw_nothing_count_for_nothing(
        self, engine: FactorEngine, panel: WatchLog
    ) -> None:
        completion = panel.completion.copy()
        completion[::2] = 0.0
        blanked = replace(panel, completion=completion)
        halved = panel.select(np.arange(len(panel)) % 2 == 1)
        both = np.unique(halved.items)
        assert np.abs(fitted(engine, blanked)[both] - fitted(engine, halved)[both]).max() < 1e-3

    def test_it_ranks_as_well_as_the_local_engine_and_better_than_popularity(
        self, engine: FactorEngine, panel: WatchLog
    ) -> None:
        split = global_split(panel)
        nothing = np.zeros(len(panel.titles))
        here, there = (
            evaluate_ranking(split, foldin_scorer(fitted(one, split.training), nothing, SETTINGS))
            for one in (LocalEngine(), engine)
        )
        popular = evaluate_ranking(split, popularity_scorer(split.training))
        gain, error = paired_gain(there.ndcg_at_100, here.ndcg_at_100)
        assert abs(gain) <= 2 * error or gain == error == 0
        gain, error = paired_gain(there.ndcg_at_100, popular.ndcg_at_100)
        assert gain > 3 * error
