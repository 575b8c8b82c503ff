"""From what size on Spark pays: both engines fit the same viewings, side by side in one run.

``python -m tests.bench.bench_engines [--households 1000 4000]`` prints one JSON object. For each
panel size: seconds of one fit by each engine and their ratio, and how well both rank on
the global split, with the paired difference of NDCG@100 and its standard error. Settings are the
same for both, since what is compared is the engines. So that the difference can be told from chance
and from its cause, the local engine is also fitted from another seed, and with λ weighed as Spark
weighs it. It needs the extra ``spark`` and Java 17.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from model_export.evaluation.ranking import (
    Split,
    evaluate_ranking,
    global_split,
    mean_and_se,
    paired_gain,
)
from model_export.heads.als import FactorEngine, LocalEngine
from model_export.heads.als_spark import SparkEngine
from model_export.heads.foldin import FoldinSettings
from model_export.heads.foldin_tuning import foldin_scorer
from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel
from tests.bench.figures import say
from tests.bench.weighed_als import WeighedEngine

_ALPHA, _REGULARIZATION, _DIMENSION = 0.1, 10.0, 64
_PEOPLE = 500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, nargs="+", default=[1000, 4000])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    began = time.perf_counter()
    with SparkEngine() as spark:
        start_seconds = time.perf_counter() - began
        rows = [_measured(size, spark) for size in options.households]
    say({"spark_start_seconds": round(start_seconds, 1), "sizes": rows}, as_json=options.json)


def _measured(households: int, spark: SparkEngine) -> dict[str, object]:
    split = global_split(
        synthetic_panel(1, households=households), maximum_people=min(_PEOPLE, households)
    )
    local_seconds, local = _fit(LocalEngine(), split.training)
    spark_seconds, other = _fit(spark, split.training)
    here = _ndcg(split, local)
    seeds = _ndcg(split, _fit(LocalEngine(), split.training, seed=2)[1])
    weighed = _ndcg(split, _fit(WeighedEngine(), split.training)[1])
    there = _ndcg(split, other)
    return {
        "households": households,
        "viewings": len(split.training),
        "local_seconds": round(local_seconds, 2),
        "spark_seconds": round(spark_seconds, 2),
        "spark_to_local": round(spark_seconds / local_seconds, 1),
        "ndcg_at_100_local": round(mean_and_se(here)[0], 4),
        "over_local": {
            "spark": _gain(there, here),
            "local_from_another_seed": _gain(seeds, here),
            "local_with_weighed_lambda": _gain(weighed, here),
        },
        "spark_over_weighed": _gain(there, weighed),
    }


def _gain(values: NDArray[np.float64], baseline: NDArray[np.float64]) -> dict[str, float]:
    mean, error = paired_gain(values, baseline)
    return {"mean": round(mean, 4), "se": round(error, 4)}


def _ndcg(split: Split, factors: NDArray[np.float32]) -> NDArray[np.float64]:
    settings = FoldinSettings(
        alpha=_ALPHA, regularization=_REGULARIZATION, decay_days=1e5, floor=1.0
    )
    score = foldin_scorer(factors, np.zeros(len(factors)), settings)
    return evaluate_ranking(split, score).ndcg_at_100


def _fit(
    engine: FactorEngine, log: WatchLog, *, seed: int = 1
) -> tuple[float, NDArray[np.float32]]:
    began = time.perf_counter()
    factors = engine.fit(
        log, alpha=_ALPHA, regularization=_REGULARIZATION, dimension=_DIMENSION, seed=seed
    )
    return time.perf_counter() - began, factors


if __name__ == "__main__":
    main()
