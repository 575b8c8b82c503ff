"""From what size on Spark pays: both engines fit the same viewings, side by side in one run.

``python -m tests.bench.bench_engines [--households 1000 4000]`` prints one JSON object. For each
panel size: seconds of one fit by each engine and their ratio, and how well both rank on
the global split, with the paired difference of NDCG@100 and its standard error. Settings are the
same for both, since what is compared is the engines. It needs the extra ``spark`` and Java 17.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from numpy.typing import NDArray

from model_export.engines import FactorEngine, LocalEngine
from model_export.evaluate import evaluate_ranking, global_split, mean_and_se, paired_gain
from model_export.foldin import FoldinSettings
from model_export.log import WatchLog
from model_export.spark_engine import SparkEngine
from model_export.synthetic import synthetic_panel
from model_export.tuning import foldin_scorer

_ALPHA, _REGULARIZATION, _DIMENSION = 0.1, 10.0, 64
_PEOPLE = 500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, nargs="+", default=[1000, 4000])
    sizes = parser.parse_args().households
    began = time.perf_counter()
    with SparkEngine() as spark:
        start_seconds = time.perf_counter() - began
        rows = [_measured(size, spark) for size in sizes]
    figures = {"spark_start_seconds": round(start_seconds, 1), "sizes": rows}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _measured(households: int, spark: SparkEngine) -> dict[str, float]:
    split = global_split(
        synthetic_panel(1, households=households), maximum_people=min(_PEOPLE, households)
    )
    local_seconds, local = _fit(LocalEngine(), split.training)
    spark_seconds, other = _fit(spark, split.training)
    settings = FoldinSettings(
        alpha=_ALPHA, regularization=_REGULARIZATION, decay_days=1e5, floor=1.0
    )
    here, there = (
        evaluate_ranking(split, foldin_scorer(factors, np.zeros(len(factors)), settings))
        for factors in (local, other)
    )
    gain, error = paired_gain(there.ndcg_at_100, here.ndcg_at_100)
    return {
        "households": households,
        "viewings": len(split.training),
        "local_seconds": round(local_seconds, 2),
        "spark_seconds": round(spark_seconds, 2),
        "spark_to_local": round(spark_seconds / local_seconds, 1),
        "ndcg_at_100_local": round(mean_and_se(here.ndcg_at_100)[0], 4),
        "ndcg_at_100_spark": round(mean_and_se(there.ndcg_at_100)[0], 4),
        "paired_difference": round(gain, 4),
        "paired_se": round(error, 4),
    }


def _fit(engine: FactorEngine, log: WatchLog) -> tuple[float, NDArray[np.float32]]:
    began = time.perf_counter()
    factors = engine.fit(
        log, alpha=_ALPHA, regularization=_REGULARIZATION, dimension=_DIMENSION, seed=1
    )
    return time.perf_counter() - began, factors


if __name__ == "__main__":
    main()
