"""Spark's sums are those of the store and of DuckDB; nothing is left of a session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Report
from server_stub.aggregation.aggregator import Aggregator
from server_stub.aggregation.spark_engine import SparkStreamEngine, SparkSumEngine
from server_stub.aggregation.spool_aggregator import SpoolAggregator
from server_stub.aggregation.spool_writing import write_spool
from tests.server_stub.aggregation.aggregator_suite import (
    TASK,
    TASKS,
    AggregatorSuite,
    drawn_reports,
    filled_store,
    sums_of,
)
from tests.server_stub.aggregation.spooled import filled_spool

NEEDED = "pip install 'edgeagent[spark]' and apt-get install openjdk-17-jre-headless"
quiet = pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # pyspark leaves its socket to the end


@pytest.fixture(scope="module", autouse=True)
def spark_is_there() -> Iterator[None]:
    """Skip without Spark; with it, let Java compile little: no query here runs twice."""
    pytest.importorskip("pyspark", reason=f"no pyspark: {NEEDED}")
    if shutil.which("java") is None:
        pytest.skip(f"no java: {NEEDED}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield


@pytest.mark.deep
@quiet
def test_a_stream_sums_what_is_new_and_knows_what_it_has_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    reports = drawn_reports(90)
    spool = filled_spool(tmp_path, reports[:40], reports[20:60])
    with SparkStreamEngine(master="local[2]") as engine:
        sums = SpoolAggregator(spool, engine=engine)
        assert sums.windows(TASK) == (sums_of(reports[:60]),)
        # A server copies all it has again, with more.
        write_spool(filled_store(tmp_path / "0.db", reports[60:]), spool, TASKS)
        assert sums.windows(TASK) == (sums_of(reports),)
        assert list(scratch.iterdir())
        for path in spool.open_files(TASK.name).popitem()[1]:
            path.write_bytes(b"no parquet")
        with pytest.raises(InputError, match="Spark failed") as caught:
            sums.windows(TASK)
        assert "--engine duckdb" in caught.value.hint
    assert not list(scratch.iterdir())


@pytest.fixture(scope="class")  # a process has one session: none stays open for the other tests
def spark() -> Iterator[SparkSumEngine]:
    with SparkSumEngine(master="local[2]") as engine:
        yield engine


@pytest.mark.deep
@quiet
class TestSpark(AggregatorSuite):
    engine: SparkSumEngine

    @pytest.fixture(autouse=True)
    def take(self, spark: SparkSumEngine) -> None:
        self.engine = spark

    def over(
        self, directory: Path, *servers: Sequence[Report], malformed: Sequence[Report] = ()
    ) -> Aggregator:
        spool = filled_spool(directory, *servers, malformed=malformed)
        return SpoolAggregator(spool, engine=self.engine)
