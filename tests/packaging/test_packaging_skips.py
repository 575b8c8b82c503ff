"""The guard that makes skips failures where everything was installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.skipping import may_skip

ROOT = Path(__file__).parents[2]
_MODULE = """
import pytest

def test_allowed():
    pytest.skip("MovieLens is not here")

def test_not_allowed():
    pytest.skip("needs apt-get install chromium")

@pytest.mark.skipif(True, reason="needs npm")
def test_marked():
    pass

@pytest.mark.xfail(reason="known")
def test_expected():
    raise ValueError
"""


def outcomes(directory: Path, text: str, *, ci: str) -> str:
    (directory / "test_some.py").write_text(text, "utf-8")
    command = ["-m", "pytest", "-p", "tests.skipping", "-p", "no:randomly", "-q", str(directory)]
    done = subprocess.run(
        [sys.executable, *command, "--rootdir", str(directory), "-o", "addopts="],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "EDGEAGENT_CI": ci},
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stdout.strip().splitlines()[-1]


def test_skips_fail_where_everything_was_installed(tmp_path: Path) -> None:
    assert "3 skipped, 1 xfailed" in outcomes(tmp_path, _MODULE, ci="")
    strict = outcomes(tmp_path, _MODULE, ci="1")
    assert (
        "1 failed, 1 skipped, 1 xfailed, 1 error" in strict
    )  # a mark skips before the test begins


def test_a_module_that_skips_as_a_whole_fails_too(tmp_path: Path) -> None:
    module = 'import pytest\n\npytest.importorskip("nowhere_to_be_found")\n'
    assert "1 skipped" in outcomes(tmp_path, module, ci="")
    assert "1 error" in outcomes(tmp_path, module, ci="1")


def test_what_may_be_missing_is_named() -> None:
    assert may_skip("MovieLens small is not at /data; name its parent in EDGEAGENT_DATA")
    assert not may_skip("needs Chromium and Playwright: apt-get install chromium")
    assert not may_skip("")
