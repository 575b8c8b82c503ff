"""Item factors by Spark MLlib, on this machine: for who has Spark, and to hold the local engine to.

MLlib's ALS weighs λ by how many titles a person, or viewers a title, has (Zhou et al. 2008,
"Large-scale parallel collaborative filtering for the Netflix Prize"); the local engine does not,
and MLlib cannot be told to stop. So that one λ means as much to both, Spark gets λ / √(n m), with n
titles a person and m viewers a title on average, and its item factors are multiplied by (m / n)^¼:
λ is then that of the average person and of the average title. What is left of the difference is
that who watches more, and what is watched more, is held nearer to zero.

Viewings go to Spark and factors come back as Parquet, in a directory of its own that is gone with
the session, as is the Java process, however the session ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeagent.spark_process import SparkProcess
from model_export.heads.als import ITERATIONS
from model_export.heads.factors import log_popularity
from model_export.log import WatchLog

__all__ = ["SparkEngine"]

_BLOCKS = 4
"""Fixed, since what a seed gives depends on it."""
_ITERATIONS_A_CHECKPOINT = 5
"""Without checkpoints a task carries the plan of all iterations, nested as deep as they are many,
and writing it down overflows a Java thread's stack now and then, well before fifteen."""


class SparkEngine(SparkProcess):
    """One Spark session; use it as a context manager.

    Equal arguments give equal factors as long as the number of blocks and the version of Spark stay
    the same; sums whose order depends on timing may differ in the last bits.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        """Run on this machine, on as many threads as named or as it has processors."""
        super().__init__(
            master=f"local[{'*' if threads is None else threads}]",
            otherwise="train with --engine local",
            modules=("pyarrow",),
            settings={"spark.sql.shuffle.partitions": str(_BLOCKS)},
        )

    def fit(
        self,
        log: WatchLog,
        *,
        alpha: float,
        regularization: float,
        dimension: int,
        seed: int,
        start: NDArray[np.float32] | None = None,  # noqa: ARG002  (MLlib draws its own)
    ) -> NDArray[np.float32]:
        """Fit on Spark; see :class:`model_export.heads.als.FactorEngine`.

        Raises:
            InputError: there is no session, or Java failed or ended; the message has its last line.

        """
        scratch = self.scratch
        from pyarrow import parquet  # noqa: PLC0415  (the extra spark)
        from pyspark.ml.recommendation import ALS  # noqa: PLC0415  (the same)

        viewings, factors = scratch / "viewings.parquet", scratch / "factors"
        parquet.write_table(_weights(log), viewings)
        a_person, a_title = _mean_counts(log)
        with self.naming_what_java_said():
            als = ALS(
                userCol="user",
                itemCol="item",
                ratingCol="weight",
                implicitPrefs=True,
                rank=dimension,
                alpha=alpha,
                regParam=regularization / float(np.sqrt(a_person * a_title)),
                maxIter=ITERATIONS,
                seed=seed,
                numUserBlocks=_BLOCKS,
                numItemBlocks=_BLOCKS,
                checkpointInterval=_ITERATIONS_A_CHECKPOINT,
            )
            self.session.sparkContext.setCheckpointDir(str(scratch / "checkpoints"))
            fitted = als.fit(self.session.read.parquet(str(viewings)))
            fitted.itemFactors.write.mode("overwrite").parquet(str(factors))
        rows = _rows(parquet.read_table(factors), log, dimension=dimension)
        return rows * np.float32((a_title / a_person) ** 0.25)


def _weights(log: WatchLog) -> Any:  # noqa: ANN401  (an Arrow table, which has no types)
    """Return how much each person watched of each title, over all their viewings of it."""
    import pyarrow as pa  # noqa: PLC0415  (the extra spark)

    pair = log.users * len(log.titles) + log.items
    pairs, where = np.unique(pair, return_inverse=True)
    weight = np.bincount(where, weights=log.completion).astype(np.float32)
    seen = weight > 0
    users, items = np.divmod(pairs[seen], len(log.titles))
    columns = {"user": users.astype(np.int32), "item": items.astype(np.int32)}
    return pa.table({**columns, "weight": weight[seen]})


def _mean_counts(log: WatchLog) -> tuple[float, float]:
    """Return how many titles a person, and how many viewers a title has, of those that have any."""
    seen = log.completion > 0
    users, items = log.users[seen], log.items[seen]
    pairs = max(len(np.unique(users * len(log.titles) + items)), 1)
    return pairs / max(len(np.unique(users)), 1), pairs / max(len(np.unique(items)), 1)


def _rows(table: Any, log: WatchLog, *, dimension: int) -> NDArray[np.float32]:  # noqa: ANN401  (an Arrow table)
    factors = np.zeros((len(log.titles), dimension), dtype=np.float32)
    features = table["features"].combine_chunks().flatten().to_numpy()
    factors[table["id"].to_numpy()] = features.reshape(-1, dimension)
    factors[log_popularity(log) == 0] = 0.0
    return factors
