"""Run the tests on a target that is up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.hil.requirements import Target
from tests.hil.result import TargetResult, read_result
from tests.hil.wheels import ROOT

__all__ = ["last_words", "run_suite"]

_END_SECONDS = 60
_RAN_TO_THE_END = (0, 1)
"""Exit codes of pytest: all passed, some failed."""
_LAST_LINES = 20


def run_suite(
    target: Target,
    *,
    suite: str,
    tests: Sequence[Path],
    state: Path,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> TargetResult:
    """Run pytest on a target and return what came of it.

    Args:
        target: names the environment file.
        suite: of Debian, for the record.
        tests: files or directories.
        state: of the target; the result is kept there, too.
        environment: what the environment file and the tests ask for.
        say: is told every line that pytest prints.

    """
    report, figures = state / "junit.xml", state / "figures.json"
    command = [
        *(sys.executable, "-m", "pytest", "-v", "--no-header", "-p", "no:cacheprovider"),
        *("--lg-env", str(Path(__file__).parent / f"arm64-{target}.yaml")),
        f"--ignore={Path(__file__).parent / 'test_hil_rehearsal.py'}",  # needs no target
        *(f"--junit-xml={report}", f"--basetemp={state / 'pytest'}", *map(str, tests)),
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is for the rehearsal, which passes it on
        env={**os.environ, **environment, "LG_HIL_FIGURES": str(figures)},
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            say(line.rstrip())
        process.wait()
    finally:
        _end(process)
    result = read_result(target, suite=suite, report=report, figures=figures)
    if process.returncode not in _RAN_TO_THE_END:
        # The test that was under way looks as if it had passed.
        result.failed.append(f"the suite broke off: pytest's exit code is {process.returncode}")
    if result.failed:
        for line in last_words(state):
            say(line)
    return result


def last_words(state: Path) -> list[str]:
    """Return the end of what an emulated machine and qemu said: why no SSH answers, for one."""
    return [
        f"{name}: {line}"
        for name in ("console", "qemu.log")
        if (state / name).is_file()
        for line in (state / name).read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    ]


def _end(process: subprocess.Popen[str]) -> None:
    """Let pytest clean up, for a while."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
