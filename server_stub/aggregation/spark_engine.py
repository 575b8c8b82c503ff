"""Sums of Parquet files by Apache Spark, on this machine or on a cluster.

The statements are DuckDB's. Beside the sum of all files there is one by Structured Streaming, which
reads each file once: what it has seen of a window is kept until the watermark has passed, 26 weeks
of the weeks that reports are about, so that a repeated ``report_id`` is known as long as servers
take reports on its week. Its state holds ids, so it lies in the session's own directory and goes
with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeagent.clock import WEEK_SECONDS, week_start
from edgeagent.messages import ReportTask, sha256_hex
from edgeagent.spark_process import SparkProcess
from server_stub.aggregation.aggregator import WindowSums
from server_stub.aggregation.report_sql import ReportSql, Rows, windows_of
from server_stub.aggregation.spool import ID_COLUMNS, Spool, count_columns

__all__ = ["SparkStreamEngine", "SparkSumEngine"]

_WATERMARK = "182 days"
"""13 weeks of grace, and as many again for files that are read late."""


class SparkSumEngine(SparkProcess):
    """Sums all files at once; use it as a context manager."""

    def __init__(self, *, master: str = "local[*]") -> None:
        """Run on ``master``; workers of a cluster have to see the spool under the same path."""
        super().__init__(
            master=master, otherwise="sum with --engine duckdb", settings=_settings(master)
        )

    def sum_files(
        self, spool: Spool, task: ReportTask, files: Sequence[Path]
    ) -> tuple[WindowSums, ...]:
        """Sum files of open windows; see :class:`~server_stub.aggregation.spool_aggregator`."""
        with self.naming_what_java_said(), self._reading(spool, task, files):
            return windows_of(
                self._sums(spool, task),
                refused=_collected(self.session.sql(ReportSql(task=task).refused)),
                categories=task.categories,
            )

    @contextmanager
    def _reading(self, spool: Spool, task: ReportTask, files: Sequence[Path]) -> Iterator[None]:
        rows = self.session.read.option("basePath", str(spool.open_directory(task.name)))
        rows.schema(_schema(task)).parquet(*map(str, files)).createTempView("report_rows")
        try:
            yield
        finally:
            self.session.catalog.dropTempView("report_rows")

    def _sums(self, spool: Spool, task: ReportTask) -> Rows:  # noqa: ARG002  (a stream reads it)
        statements = ReportSql(task=task)
        repeated = self.session.sql(statements.repeated).persist()
        repeated.count()  # so that its size is known, and it is sent around instead of all reports
        repeated.createTempView("repeated")
        try:
            return _collected(self.session.sql(statements.sums))
        finally:
            repeated.unpersist()
            self.session.catalog.dropTempView("repeated")


class SparkStreamEngine(SparkSumEngine):
    """Sums what is new since its last call; use it as a context manager.

    Files that were there before are not read for their sums again. Rows that are refused are
    counted in all files, since no id says which of them repeat others.
    """

    def sum_files(
        self, spool: Spool, task: ReportTask, files: Sequence[Path]
    ) -> tuple[WindowSums, ...]:
        """Sum files of open windows; see :class:`~server_stub.aggregation.spool_aggregator`."""
        weeks = {int(path.parent.name.removeprefix("week=")) for path in files}
        windows = super().sum_files(spool, task, files)
        return tuple(window for window in windows if window.week in weeks)

    def _sums(self, spool: Spool, task: ReportTask) -> Rows:
        table = f"sums_{sha256_hex(task.name.encode())[:16]}"
        self._advance(spool, task, table)
        return _collected(self.session.table(table))

    def _advance(self, spool: Spool, task: ReportTask, table: str) -> None:
        """Read the files that are new, and bring the table of sums up to date."""
        from pyspark.sql.functions import expr  # noqa: PLC0415  (the extra spark)

        statements = ReportSql(task=task)
        week_at = f"timestamp_seconds(week * {WEEK_SECONDS} + {week_start(0)})"
        rows = self.session.readStream.schema(_schema(task))
        sums = (
            rows.parquet(str(spool.open_directory(task.name)))
            .where(statements.possible)
            .withColumn("week_at", expr(week_at))
            .withWatermark("week_at", _WATERMARK)
            .dropDuplicatesWithinWatermark(["week", *ID_COLUMNS])
            .groupBy("week")
            .agg(*map(expr, statements.figures))
        )
        running = (
            sums.writeStream.format("memory")
            .queryName(table)
            .outputMode("complete")
            .option("checkpointLocation", str(self.scratch / table))
            .trigger(availableNow=True)
            .start()
        )
        running.awaitTermination()


def _settings(master: str) -> dict[str, str]:
    """Return few partitions for one machine: each of Spark's 200 has files of state in a stream.

    Ten million ids that repeat others take 240 MB, and are sent around still; above that, all
    reports are sorted, 2.5 GB on disk for ten million.
    """
    here = {"spark.sql.shuffle.partitions": "4"} if master.startswith("local") else {}
    return {"spark.sql.autoBroadcastJoinThreshold": "256m", **here}


def _schema(task: ReportTask) -> str:
    kind = "TINYINT" if task.mechanism == "subset_selection" else "SMALLINT"
    columns = [f"{name} BIGINT" for name in ID_COLUMNS]
    columns += [f"{name} {kind}" for name in count_columns(task.categories)]
    return ", ".join([*columns, "week INT"])


def _collected(frame: Any) -> Rows:  # noqa: ANN401  (a Spark table, which has no types here)
    return [tuple(row) for row in frame.collect()]
