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

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.heads.als import ITERATIONS
from model_export.heads.factors import log_popularity
from model_export.log import WatchLog

__all__ = ["SparkEngine"]

_BLOCKS = 4
"""Fixed, since what a seed gives depends on it."""
_MEMORY_PARTS, _LARGEST_HEAP_BYTES = 3, 8 * 1024**3
"""Of the machine's memory, which has other work; what is used is a third of it, at most 8 GiB."""
_JAVA_MAJOR = 17
_WORDS = "java.log"
_QUIET = """
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = spark: %m%n
"""


class SparkEngine:
    """One Spark session; use it as a context manager.

    Equal arguments give equal factors as long as the number of blocks and the version of Spark stay
    the same; sums whose order depends on timing may differ in the last bits.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        """Run on this machine, on as many threads as named or as it has processors."""
        self._threads = "*" if threads is None else str(threads)
        self._scratch: Path | None = None
        self._session: Any = None

    def __enter__(self) -> Self:
        """Start Java and a session.

        Raises:
            InputError: pyspark, pyarrow or Java 17 are not there; the hint says how to get them.

        """
        builder = _builder()
        _check_java()
        _check_alone()
        self._scratch = Path(tempfile.mkdtemp(prefix="edgeagent-spark-"))
        for name, value in _settings(self._threads, self._scratch).items():
            builder = builder.config(name, value)
        words = self._scratch / _WORDS
        try:
            with _stderr_into(words):  # Java inherits it, and greets
                self._session = builder.getOrCreate()
        except BaseException as error:
            said = words.read_text("utf-8", "replace").strip().splitlines()
            self.__exit__(None, None, None)
            if not isinstance(error, Exception):
                raise
            raise InputError(
                f"Spark did not start: {said[0] if said else error}",
                hint=f"it needs Java {_JAVA_MAJOR} or later: apt-get install "
                f"openjdk-{_JAVA_MAJOR}-jre-headless",
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the session and Java, and remove what they left."""
        try:
            _end_java(self._session)
        finally:
            self._session = None
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    @contextmanager
    def _naming_what_java_said(self) -> Iterator[None]:
        from py4j.protocol import Py4JError  # noqa: PLC0415  (the extra spark)
        from pyspark.errors import PySparkException  # noqa: PLC0415  (the same)

        try:
            yield
        except (Py4JError, PySparkException, ConnectionError) as error:
            said = (self._scratch and _last_words(self._scratch)) or type(error).__name__
            raise InputError(
                f"Spark failed: {said}",
                hint="give Java more memory or disk, or train with --engine local",
            ) from error

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
        if self._session is None or self._scratch is None:
            raise InputError("no Spark session", hint="use the engine in a with statement")
        from pyarrow import parquet  # noqa: PLC0415  (the extra spark)
        from pyspark.ml.recommendation import ALS  # noqa: PLC0415  (the same)

        viewings, factors = self._scratch / "viewings.parquet", self._scratch / "factors"
        parquet.write_table(_weights(log), viewings)
        a_person, a_title = _mean_counts(log)
        with self._naming_what_java_said():
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
                checkpointInterval=-1,
            )
            fitted = als.fit(self._session.read.parquet(str(viewings)))
            fitted.itemFactors.write.mode("overwrite").parquet(str(factors))
        rows = _rows(parquet.read_table(factors), log, dimension=dimension)
        return rows * np.float32((a_title / a_person) ** 0.25)


def _last_words(scratch: Path) -> str:
    """Return the last line that Java wrote, or nothing."""
    try:
        lines = (scratch / _WORDS).read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


def _builder() -> Any:  # noqa: ANN401  (pyspark is optional)
    try:
        import pyarrow as pa  # noqa: F401, PLC0415  (the extra spark)
        from pyspark.sql import SparkSession  # noqa: PLC0415  (the same)
    except ImportError as error:
        raise InputError(
            f"engine spark needs {error.name}, which is not installed",
            hint="pip install 'edgeagent[spark]', or train with --engine local",
        ) from error
    return SparkSession.builder


def _check_alone() -> None:
    """A process has one Spark session; another's would be taken over, settings and all."""
    from pyspark import SparkContext  # noqa: PLC0415  (the extra spark)

    if SparkContext._active_spark_context is not None:  # noqa: SLF001  (nothing public says so)
        raise InputError(
            "a Spark session is running in this process already",
            hint="leave the engine that is open first",
        )


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if java is None:
        where = f"JAVA_HOME ({home})" if home else "the search path"
        raise InputError(
            f"engine spark needs Java {_JAVA_MAJOR}, and there is no java in {where}",
            hint=f"apt-get install openjdk-{_JAVA_MAJOR}-jre-headless, or train with --engine "
            "local",
        )


@contextmanager
def _stderr_into(path: Path) -> Iterator[None]:
    """Let what this process and its children write to stderr go into a file."""
    kept = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _settings(threads: str, scratch: Path) -> dict[str, str]:
    quiet = scratch / "log4j2.properties"
    quiet.write_text(_QUIET, "utf-8")
    return {
        "spark.master": f"local[{threads}]",
        # On one machine a worker that does not answer for two minutes is busy, not lost.
        "spark.network.timeout": "3600s",
        "spark.executor.heartbeatInterval": "600s",
        "spark.app.name": "edgeagent",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": f"{_heap_bytes() // 1024**2}m",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet} -Djava.io.tmpdir="
        f"{scratch}",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.shuffle.partitions": str(_BLOCKS),
    }


def _heap_bytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(machine // _MEMORY_PARTS, _LARGEST_HEAP_BYTES)


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


def _end_java(session: Any) -> None:  # noqa: ANN401  (a Spark session or nothing)
    """Stop a session and the Java process behind it, even where Java is gone already."""
    from py4j.protocol import Py4JError  # noqa: PLC0415  (the extra spark)
    from pyspark import SparkContext  # noqa: PLC0415  (the same)
    from pyspark.sql import SparkSession  # noqa: PLC0415  (the same)

    gateway = SparkContext._gateway  # noqa: SLF001  (pyspark has no other way to end Java)
    process = getattr(gateway, "proc", None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # that Java is gone
            alive = process is None or process.poll() is None
            if session is not None and alive:
                session.stop()
            if gateway is not None and alive:
                gateway.shutdown()
    except (OSError, Py4JError):
        pass  # gone meanwhile, with all that should have been stopped in it
    finally:
        if process is not None:
            process.stdin.close()  # Java ends when its input does
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        # The next starts fresh; where stopping failed, pyspark keeps what leads nowhere.
        SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
        SparkContext._active_spark_context = None  # noqa: SLF001
        SparkSession._instantiatedSession = SparkSession._activeSession = None  # noqa: SLF001
