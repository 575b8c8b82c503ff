"""What summing a spool costs: DuckDB and Spark beside bare sums, which count repeats twice.

``python -m tests.bench.bench_sums [--reports 1000000 10000000]`` makes a quarter of reports over 32
segments, as four servers would have them, every twentieth taken by two of them, and lets each
engine sum them in a process of its own, cold and warm. It prints one JSON object: seconds,
processor seconds, memory of the largest process, start-up, and whether all sums are equal. Spark
needs the extra ``spark`` and Java 17; without them it is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np

from edgeagent.messages import Segmenter, TargetReference
from edgeagent.messages.task import ReportTask
from edgeagent.privacy.batches import draw_reports
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.spark_engine import SparkSumEngine
from server_stub.aggregation.spool import ID_COLUMNS, Spool, count_columns
from server_stub.aggregation.spool_aggregator import SpoolAggregator
from tests.bench.figures import say
from tests.bench.served import Watched

_WEEKS, _SERVERS, _REPEATED = range(2951, 2964), 4, 0.05
_TARGET = TargetReference(path="models/segments.onnx", sha256="a" * 64, length_bytes=10)
TASK = ReportTask(
    mechanism="subset_selection",
    categories=33,
    odds_numerator=3,
    odds_denominator=1,
    epoch=226,
    first_week=_WEEKS[0],
    segmenter=Segmenter(space_id="0" * 16, model=_TARGET, catalogue=_TARGET),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--sum", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    if options.sum:
        say(_sum(*options.sum), as_json=True)
        return
    engines = ["bare", "duckdb", *(["spark"] if find_spec("pyspark") else [])]
    rows = []
    for reports in options.reports:
        with tempfile.TemporaryDirectory() as directory:
            mebibytes = _fill(Spool(Path(directory)), reports)
            measured = {engine: _in_a_process(engine, directory) for engine in engines}
        sums = {name: str(figures.pop("sums")) for name, figures in measured.items()}
        sums.pop("bare")  # more, by what is repeated
        rows.append(
            {
                "reports": reports,
                "mebibytes": mebibytes,
                "equal": len(set(sums.values())) == 1,
                **measured,
            }
        )
    say({"sizes": rows}, as_json=options.json)


def _fill(spool: Spool, reports: int) -> float:
    generator = np.random.default_rng(1)
    randomizer = randomizer_for(TASK)
    a_file = reports // len(_WEEKS) // _SERVERS
    repeated = int(a_file * _REPEATED)
    for week in _WEEKS:
        before = None
        for server in range(_SERVERS):
            sessions = generator.integers(0, TASK.categories, a_file)
            rows = draw_reports(randomizer, sessions, generator).astype(np.int8)
            ids = generator.integers(-(2**63), 2**63, (a_file, 2), dtype=np.int64)
            if before is not None:
                ids[:repeated], rows[:repeated] = before[0][-repeated:], before[1][-repeated:]
            before = ids, rows
            columns = dict(zip(ID_COLUMNS, ids.T.copy(), strict=True))
            columns |= dict(zip(count_columns(TASK.categories), rows.T.copy(), strict=True))
            with spool.snapshot(TASK.name, week, server=f"s{server}") as path, _database() as base:
                base.register("chunk", columns)
                base.execute(
                    f"COPY (SELECT * FROM chunk ORDER BY id_high, id_low) TO '{path}' "  # noqa: S608
                    "(FORMAT parquet, COMPRESSION zstd)"
                )
    size = sum(path.stat().st_size for path in spool.directory.rglob("*.parquet"))
    return round(size / 2**20, 1)


def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def _in_a_process(engine: str, directory: str) -> dict[str, object]:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_sums", "--sum", engine, directory],
        stdout=subprocess.PIPE,
    )
    with process:
        output, _ = process.communicate()
        figures = dict(json.loads(output))
    wall = round(time.perf_counter() - began, 1)
    sys.stderr.write(f"{engine}: {wall} s\n")
    return {"process_seconds": wall, **figures}


def _sum(engine: str, directory: str) -> dict[str, object]:
    import resource  # noqa: PLC0415  (of this process alone)

    began = time.perf_counter()
    started = SparkSumEngine() if engine == "spark" else None
    with started or nullcontext():
        begun = time.perf_counter()
        aggregator = SpoolAggregator(Spool(Path(directory)), engine=started)
        seconds: list[float] = []
        for _ in range(2):
            sums = _bare(directory) if engine == "bare" else list(aggregator.totals(TASK).counts)
            seconds.append(round(time.perf_counter() - begun - sum(seconds), 2))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "start_seconds": round(begun - began, 1),
        "cold_seconds": seconds[0],
        "warm_seconds": seconds[1],
        "processor_seconds": round(sum(one.ru_utime + one.ru_stime for one in used), 1),
        # Of itself not ru_maxrss: a process begins with that of the one that started it.
        "largest_mib": round(max(Watched(os.getpid()).peak_mib(), used[1].ru_maxrss / 1024)),
        "load": round(os.getloadavg()[0], 1),
        "sums": sums,
    }


def _bare(directory: str) -> list[int]:
    columns = ", ".join(f"sum({name})::BIGINT" for name in count_columns(TASK.categories))
    with _database() as base:
        found = base.execute(f"SELECT {columns} FROM '{directory}/open/*/*/*.parquet'").fetchone()  # noqa: S608
    return list(found or ())


if __name__ == "__main__":
    main()
