"""One Spark session and the Java process behind it: begun, quiet, and gone without a trace.

Shared by what trains with Spark and by what sums with it; nothing on a box imports it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edgeagent.errors import InputError

__all__ = ["SparkProcess"]

_MEMORY_PARTS, _LARGEST_HEAP_BYTES = 3, 8 * 1024**3
"""Of the machine's memory, which has other work; what is used is a third of it, at most 8 GiB."""
_JAVA_MAJOR = 17
_LONG_METHODS = "-XX:-DontCompileHugeMethods"
"""Spark writes one Java method a query; over dozens of columns it is so long that Java would leave
it uncompiled."""
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


class SparkProcess:
    """One Spark session; use it as a context manager. A process has one at a time."""

    def __init__(
        self,
        *,
        master: str,
        otherwise: str,
        modules: tuple[str, ...] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Set up a session; nothing starts yet.

        Args:
            master: where it runs, as Spark calls it: ``local[2]`` is this machine, two threads.
            otherwise: what one can do without Spark, for the hints.
            modules: more that has to be installed, besides pyspark.
            settings: of Spark, over those for all.

        """
        self._master = master
        self._otherwise = otherwise
        self._modules = modules
        self._settings = dict(settings or {})
        self._scratch: Path | None = None
        self._session: Any = None

    def __enter__(self) -> Self:
        """Start Java and a session.

        Raises:
            InputError: pyspark or another module or Java 17 is not there; the hint says how to get
                them.

        """
        builder = self._builder()
        self._check_java()
        _check_alone()
        self._scratch = Path(tempfile.mkdtemp(prefix="edgeagent-spark-"))
        for name, value in (_all_settings(self._master, self._scratch) | self._settings).items():
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

    @property
    def session(self) -> Any:  # noqa: ANN401  (pyspark is optional)
        """The session.

        Raises:
            InputError: there is none.

        """
        if self._session is None:
            raise InputError("no Spark session", hint="use the engine in a with statement")
        return self._session

    @property
    def scratch(self) -> Path:
        """A directory that is gone with the session.

        Raises:
            InputError: there is no session.

        """
        if self._session is None or self._scratch is None:
            raise InputError("no Spark session", hint="use the engine in a with statement")
        return self._scratch

    @contextmanager
    def naming_what_java_said(self) -> Iterator[None]:
        """Turn what Spark raises into an error with the last line that Java wrote."""
        from py4j.protocol import Py4JError  # noqa: PLC0415  (the extra spark)
        from pyspark.errors import PySparkException  # noqa: PLC0415  (the same)

        try:
            yield
        except (Py4JError, PySparkException, ConnectionError) as error:
            said = (self._scratch and _last_words(self._scratch)) or type(error).__name__
            raise InputError(
                f"Spark failed: {said}",
                hint=f"give Java more memory or disk, or {self._otherwise}",
            ) from error

    def _builder(self) -> Any:  # noqa: ANN401  (pyspark is optional)
        try:
            for name in (*self._modules, "pyspark.sql"):
                import_module(name)
        except ImportError as error:
            raise InputError(
                f"engine spark needs {error.name}, which is not installed",
                hint=f"pip install 'edgeagent[spark]', or {self._otherwise}",
            ) from error
        from pyspark.sql import SparkSession  # noqa: PLC0415  (the extra spark)

        return SparkSession.builder

    def _check_java(self) -> None:
        home = os.environ.get("JAVA_HOME")
        java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
        if java is None:
            where = f"JAVA_HOME ({home})" if home else "the search path"
            raise InputError(
                f"engine spark needs Java {_JAVA_MAJOR}, and there is no java in {where}",
                hint=f"apt-get install openjdk-{_JAVA_MAJOR}-jre-headless, or {self._otherwise}",
            )


def _last_words(scratch: Path) -> str:
    """Return the last line of Java that says what happened, not where; or nothing."""
    try:
        lines = (scratch / _WORDS).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip() and not line.startswith("\t")]
    return said[-1] if said else ""


def _check_alone() -> None:
    """A process has one Spark session; another's would be taken over, settings and all."""
    from pyspark import SparkContext  # noqa: PLC0415  (the extra spark)

    if SparkContext._active_spark_context is not None:  # noqa: SLF001  (nothing public says so)
        raise InputError(
            "a Spark session is running in this process already",
            hint="leave the engine that is open first",
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


def _all_settings(master: str, scratch: Path) -> dict[str, str]:
    quiet = scratch / "log4j2.properties"
    quiet.write_text(_QUIET, "utf-8")
    here = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return {
        "spark.master": master,
        **(here if master.startswith("local") else {}),  # a cluster has to reach the driver
        # On one machine a worker that does not answer for two minutes is busy, not lost.
        "spark.network.timeout": "3600s",
        "spark.executor.heartbeatInterval": "600s",
        "spark.app.name": "edgeagent",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": f"{_heap_bytes() // 1024**2}m",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet} -Djava.io.tmpdir="
        f"{scratch} {_LONG_METHODS}",
        "spark.executor.extraJavaOptions": _LONG_METHODS,
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }


def _heap_bytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(machine // _MEMORY_PARTS, _LARGEST_HEAP_BYTES)


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
