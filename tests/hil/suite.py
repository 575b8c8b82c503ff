"""Run the tests on a target that is up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.hil.requirements import Target
from tests.hil.result import TargetResult, read_result
from tests.hil.wheels import ROOT

__all__ = ["run_suite"]

_END_SECONDS = 60
_LIMIT_SECONDS = 5400


def run_suite(
    target: Target, *, suite: str, tests: Path, state: Path, environment: Mapping[str, str]
) -> TargetResult:
    """Run pytest on a target and return what came of it; it talks to stderr meanwhile.

    Args:
        target: names the environment file.
        suite: of Debian, for the record.
        tests: file or directory.
        state: of the target; the result is kept there, too.
        environment: what the environment file and the tests ask for.

    """
    report, figures = state / "junit.xml", state / "figures.json"
    command = [
        *(sys.executable, "-m", "pytest", "-v", "--no-header", "-p", "no:cacheprovider"),
        *("--lg-env", str(Path(__file__).parent / f"arm64-{target}.yaml")),
        f"--ignore={Path(__file__).parent / 'test_hil_rehearsal.py'}",  # needs no target
        *(f"--junit-xml={report}", f"--basetemp={state / 'pytest'}", str(tests)),
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, **environment, "LG_HIL_FIGURES": str(figures)},
    )
    try:
        process.wait(_LIMIT_SECONDS)
    finally:
        _end(process)
    return read_result(target, suite=suite, report=report, figures=figures)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let pytest clean up, for a while."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
