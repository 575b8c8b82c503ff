"""Both engines keep to one contract; Spark's leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgeagent.errors import InputError
from model_export.cli import main
from model_export.evaluation.ranking import evaluate_ranking, global_split, paired_gain
from model_export.heads.als import LocalEngine
from model_export.heads.als_spark import SparkEngine
from model_export.heads.foldin_tuning import foldin_scorer
from model_export.log import WatchLog
from tests.bench.weighed_als import WeighedEngine
from tests.model_export.heads.als_suite import SETTINGS, EngineSuite, fitted

NEEDED = "pip install 'edgeagent[spark]' and apt-get install openjdk-17-jre-headless"


class TestLocalEngine(EngineSuite):
    @pytest.fixture
    def engine(self) -> LocalEngine:
        return LocalEngine()


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    pytest.importorskip("pyspark", reason=f"no pyspark: {NEEDED}")
    pytest.importorskip("pyarrow", reason=f"no pyarrow: {NEEDED}")
    if shutil.which("java") is None:
        pytest.skip(f"no java: {NEEDED}")
    with SparkEngine(threads=2) as engine:
        yield engine


def test_a_library_that_does_not_load_names_what_its_system_lacks(
    monkeypatch: pytest.MonkeyPatch, panel: WatchLog
) -> None:
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)  # importing it fails
    with pytest.raises(InputError, match="does not load") as refusal:
        LocalEngine().fit(panel, alpha=1.0, regularization=1.0, dimension=8, seed=0)
    assert "libgomp1" in refusal.value.hint


@pytest.mark.deep
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pyspark leaves its socket to the end
class TestSparkEngine(EngineSuite):
    @pytest.fixture
    def engine(self, spark: SparkEngine) -> SparkEngine:
        return spark

    def test_what_differs_from_the_local_engine_is_how_lambda_is_weighed(
        self, engine: SparkEngine, panel: WatchLog
    ) -> None:
        split = global_split(panel)
        spark, weighed = (fitted(one, split.training) for one in (engine, WeighedEngine()))
        assert np.linalg.norm(spark) == pytest.approx(np.linalg.norm(weighed), rel=0.03)
        first, second = (
            evaluate_ranking(split, foldin_scorer(factors, np.zeros(len(factors)), SETTINGS))
            for factors in (spark, weighed)
        )
        gain, error = paired_gain(first.ndcg_at_100, second.ndcg_at_100)
        assert abs(gain) <= 1.5 * error

    @pytest.mark.parametrize("java_dies", [False, True])
    def test_nothing_is_left_even_after_ctrl_c(
        self,
        java_dies: bool,
        spark: SparkEngine,
        panel: WatchLog,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        java = set()

        def interrupted() -> None:
            others = _children()  # of other tests, such as multiprocessing's resource tracker
            with spark:
                assert fitted(spark, panel).any()
                java.update(_children() - others)
                if java_dies:
                    for process in java:
                        os.kill(process, signal.SIGKILL)
                    with pytest.raises(InputError, match="Spark failed: ") as refusal:
                        fitted(spark, panel)
                    assert "--engine local" in refusal.value.hint
                raise KeyboardInterrupt

        # The others' session begins again outside, and does not lie where this test's files do.
        with _closed(spark), monkeypatch.context() as within:
            within.setattr(tempfile, "tempdir", str(tmp_path))
            with pytest.raises(KeyboardInterrupt):
                interrupted()
            assert java
            assert not _children() & java
            assert not list(tmp_path.iterdir())
            with pytest.raises(InputError, match="no Spark session"):
                fitted(spark, panel)
            assert capfd.readouterr() == ("", "")


@contextmanager
def _closed(engine: SparkEngine) -> Iterator[None]:
    """Close the engine that the other tests share, and open it again whatever happens."""
    engine.__exit__(None, None, None)
    try:
        yield
    finally:
        engine.__enter__()


def _children() -> set[int]:
    """Return the processes whose parent this one is, that have not ended."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text("utf-8").rpartition(")")[2].split()[:2]
        except OSError:  # it ended between the look and the reading
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize("module", ["pyspark.sql", "pyarrow"])
def test_what_is_not_installed_is_said(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match="not installed") as refusal:
        SparkEngine().__enter__()
    assert "edgeagent[spark]" in refusal.value.hint


def test_a_machine_without_java_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("pyspark", reason=f"no pyspark: {NEEDED}")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(InputError, match="no java in JAVA_HOME") as refusal:
        SparkEngine().__enter__()
    assert "openjdk-17-jre-headless" in refusal.value.hint


@pytest.mark.deep
def test_a_java_that_does_not_start_is_quoted(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason=f"no pyspark: {NEEDED}")
    java, scratch = tmp_path / "bin" / "java", tmp_path / "scratch"
    java.parent.mkdir()
    scratch.mkdir()
    java.write_text("#!/bin/sh\necho 'class file version 61.0 is too new' >&2\nexit 1\n")
    java.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "model_export", "train", "--engine", "spark", "--households", "9"],
        env={**os.environ, "JAVA_HOME": str(tmp_path), "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error: Spark did not start: ")
    assert "version 61.0" in done.stderr
    assert "openjdk-17-jre-headless" in done.stderr
    assert not list(scratch.iterdir())


def test_head_timescales_is_not_trained_on_spark(tmp_path: Path) -> None:
    arguments = ["train", "--engine", "spark", "--head", "timescales"]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "m.npz")])
    assert result.exit_code == 3
    assert "not on Spark" in result.stderr
