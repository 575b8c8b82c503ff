"""The stages of ``.ci/run``: what each runs, what may run beside what, and how long it took.

Stages run in a clone of the last commit, so that nothing that lies about in a work tree helps them.
What a stage prints is kept until it ends and printed whole. A failure is remembered, so that one
run shows all of them. Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

__all__ = ["Run", "Stage", "chosen", "main", "readme_block", "stages"]

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("fast", "deep", "hil", "bench")
PROCESSORS = 2
"""What the order below is made for: with more, stages side by side are still two at a time."""
ENOUGH_SECONDS = 3600
"""Once so much has passed, optional stages are skipped: a run that is cut off says nothing."""

_PYTHON = ".venv/bin/python"
_COVERAGE = ".venv/bin/coverage report --show-missing"
_PURE_FILES = ("clock", "consent", "errors", "randomness", "reporting_calendar", "sessions")
_PURE_ROOMS = ("features", "messages", "privacy", "promotion", "ranking", "segments")
_PURE = ",".join(
    (
        *(f"edgeagent/{name}.py" for name in _PURE_FILES),
        *(f"edgeagent/{room}/*" for room in _PURE_ROOMS),
        "model_export/synthetic/*",
    )
)
_WHEEL = """
python3 -m venv .wheel
.wheel/bin/pip wheel --quiet --no-deps --wheel-dir .wheel/dist .
.wheel/bin/pip install --quiet .wheel/dist/*.whl
cd .wheel
bin/edgeagent --home home consent grant history
bin/edgeagent --home home history add ci:1 --completed
bin/edgeagent --home home history list
"""
_SPARK = (
    "tests/model_export/heads/test_export_als.py",
    "tests/server_stub/aggregation/test_aggregation_spark.py",
)
_HANGS = "-o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true"
"""A test that waits for what never comes fails by name, with the stack it stood at, instead of
taking the whole run past its limit. The longest takes two minutes on idle cores."""
_REHEARSAL_SECONDS = 1500
_LAST_LINES = 12
"""Repeated at the end for a stage that failed: where a log is long or cut, its end is what is
read, and pytest's summary and the audit's errors stand last."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One command line, run by bash in the clone."""

    name: str
    kinds: frozenset[str]
    """The words that ask for it, besides ``all``."""
    command: str
    """What stands in braces is filled in by :func:`stages`."""
    optional: bool = field(default=False, kw_only=True)
    """Skipped where time runs out."""
    environment: dict[str, str] = field(default_factory=dict, kw_only=True)


_ALL = frozenset(KINDS)
_FAST = frozenset({"fast", "deep"})
_DEEP, _HIL, _BENCH = (frozenset({kind}) for kind in ("deep", "hil", "bench"))

_TABLE = (
    (Stage("Install", _ALL, "{install}"),),
    (
        Stage("Types", _FAST, ".venv/bin/mypy"),
        Stage("Lint", _FAST, ".venv/bin/ruff check"),
        Stage("Format", _FAST, ".venv/bin/ruff format --check"),
        Stage("Layers", _FAST, ".venv/bin/lint-imports"),
    ),
    (
        # As written, and in an environment of its own: what it installs has to be enough.
        Stage(
            "README: the main job",
            _DEEP,
            "git clone --quiet . .main-job && cd .main-job && {main_job}",
        ),
        Stage(
            "What only some tests need",
            _DEEP | _HIL | _BENCH,
            ".venv/bin/pip install --quiet torch==2.13.0 && "
            ".venv/bin/pip install --quiet -e '.[test,spark,browser,yocto,hil,release]'",
        ),
    ),
    (
        Stage(
            "README: the tests",
            _FAST,
            "{tests}",
            environment={
                "PYTEST_ADDOPTS": f"--cov --cov-report= --hypothesis-profile=thorough {_HANGS}",
            },
        ),
    ),
    (
        Stage(
            "Deep tests",
            _DEEP,
            ".venv/bin/pytest -m deep --hypothesis-profile=thorough "
            + " ".join(f"--ignore={path}" for path in _SPARK),
            environment={"PYTEST_ADDOPTS": _HANGS},
        ),
    ),
    (
        Stage(
            "The audit of the reports",
            _DEEP,
            f"{_PYTHON} -m tests.audit --without silence --processes 1",
        ),
        # Its Java takes up to a third of the memory, and ended twice in the middle of a crowd.
        Stage(
            "Spark: training, sums",
            _DEEP,
            f".venv/bin/pytest -n0 -m deep {' '.join(_SPARK)}",
            environment={"PYTEST_ADDOPTS": _HANGS},
        ),
        Stage("Debian 13: its Python", _DEEP, f"{_PYTHON} -m tests.second_python --prepare"),
        Stage("Attacks on a home", _DEEP, f"{_PYTHON} -m tests.security"),
        Stage("A month of one box", _DEEP, f"{_PYTHON} -m tests.soak --days 30 --seed 6"),
        Stage(
            "sqlite-utils' own tests over the encrypted connection",
            _DEEP,
            f"{_PYTHON} -m tests.sqlite_utils_suite --download",
        ),
        Stage("The wheel alone, without extras", _DEEP, _WHEEL),
        Stage(
            "The oldest and the newest ONNX Runtime", _DEEP, f"{_PYTHON} -m tests.onnxruntime_range"
        ),
        Stage(
            "Coverage of pure rooms: 100 %",
            _FAST,
            f"{_COVERAGE} --include='{_PURE}' --fail-under=100",
        ),
        Stage("Coverage of the rest: 95 %", _FAST, f"{_COVERAGE} --omit='{_PURE}' --fail-under=95"),
    ),
    (Stage("What silence tells, on one core", _DEEP, f"{_PYTHON} -m tests.audit --only silence"),),
    (
        Stage(
            "Debian 13: the fast tests",
            _DEEP,
            f"{_PYTHON} -m tests.second_python",
            environment={"PYTEST_ADDOPTS": _HANGS},
        ),
    ),
    (
        # It mostly waits, until what should end or fall silent has.
        Stage(
            "What the service costs, quick",
            _BENCH,
            f"{_PYTHON} -m tests.bench footprint --quick --out build/footprint",
            optional=True,
        ),
        Stage(
            "Every other bench, quick",
            _BENCH,
            f"{_PYTHON} -m tests.bench --quick --without footprint",
            optional=True,
        ),
    ),
    (Stage("Hardware in the loop, rehearsed on emulated Arm", _HIL, "{rehearsal}", optional=True),),
)
"""Groups run one after the other; the stages of a group run two at a time. What starts a worker for
each processor, or measures time, is alone in its group."""


def readme_block(readme: str, name: str) -> str:
    """Return the fenced block that follows ``<!-- name -->``.

    Raises:
        LookupError: there is none.

    """
    fence = rf"^<!-- {re.escape(name)} -->\n```\w*\n(.*?)^```"
    found = re.search(fence, readme, re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"README.md has no block after <!-- {name} -->")
    return found[1].strip()


def stages(readme: str) -> tuple[tuple[Stage, ...], ...]:
    """Return the groups of the table, with the commands of the README and of the rehearsal."""
    tests = readme_block(readme, "tests")
    said = {
        "install": tests.rpartition("&&")[0],
        "main_job": readme_block(readme, "main-job"),
        "rehearsal": _rehearsal(),
        "tests": tests,
    }
    return tuple(
        tuple(replace(stage, command=stage.command.format(**said)) for stage in group)
        for group in _TABLE
    )


def _rehearsal() -> str:
    """Return the command that builds arm64 targets, as root where root may be had.

    What cannot be had here (no root, no right to mount, no emulator) is skipped with the reason,
    and is no failure.
    """
    command = (
        f"timeout --kill-after=180 {_REHEARSAL_SECONDS + 300} {_PYTHON} -m tests.hil.rehearse "
        f"--target quick --minutes {_REHEARSAL_SECONDS // 60}"
    )
    if os.geteuid() == 0 or subprocess.run(["sudo", "-n", "true"], check=False).returncode:
        return command
    return f"sudo -n --preserve-env=EDGEAGENT_DATA env PYTHONDONTWRITEBYTECODE=1 {command}"


def chosen(groups: Sequence[Sequence[Stage]], what: str) -> tuple[tuple[Stage, ...], ...]:
    """Return the stages that a word asks for, in their order."""
    kept = (
        tuple(stage for stage in group if what == "all" or what in stage.kinds) for group in groups
    )
    return tuple(group for group in kept if group)


class Run:
    """Runs stages in one directory and remembers how they ended."""

    def __init__(
        self,
        directory: Path,
        *,
        began: float,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda text: print(text, flush=True),
    ) -> None:
        """Run in ``directory``; ``began`` is when all of it began, on ``clock``."""
        self._directory = directory
        self._began = began
        self._clock = clock
        self._say = say
        self._running: set[subprocess.Popen[bytes]] = set()
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self._last_lines: dict[str, list[str]] = {}
        self.skipped: list[str] = []

    def group(self, stages: Sequence[Stage]) -> None:
        """Run the stages of one group two at a time."""
        with ThreadPoolExecutor(PROCESSORS) as pool:
            try:
                for done in [pool.submit(self._stage, stage) for stage in stages]:
                    done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise

    def stop(self) -> None:
        """End whatever runs, with everything that it has started."""
        for process in tuple(self._running):
            os.killpg(process.pid, signal.SIGTERM)

    def result(self) -> str:
        """Return a table of all stages, and how it ended; of a failed one, its last lines."""
        lines = [f"{seconds:6.0f} s  {name}" for name, seconds in self.seconds.items()]
        lines += [f"SKIPPED, no time was left: {name}" for name in self.skipped]
        for name in self.failed:
            lines += [f"FAILED: {name}", *(f"    {line}" for line in self._last_lines[name])]
        return "\n".join(lines if self.failed else [*lines, "Everything holds."])

    def _elapsed(self) -> float:
        return self._clock() - self._began

    def _stage(self, stage: Stage) -> None:
        if stage.optional and self._elapsed() > ENOUGH_SECONDS:
            self._say(f"\n=== {stage.name}: SKIPPED, {self._elapsed():.0f} s have passed\n")
            self.skipped.append(stage.name)
            return
        self._say(f"=== {stage.name}: begins after {self._elapsed():.0f} s")
        begin = self._clock()
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", stage.command],
            cwd=self._directory,
            env={**os.environ, **stage.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that it can be ended with all its children
        )
        self._running.add(process)
        output, _ = process.communicate()
        self._running.discard(process)
        seconds = self._clock() - begin
        self.seconds[stage.name] = seconds
        text = output.decode(errors="replace").rstrip()
        if process.returncode:
            self.failed.append(stage.name)
            self._last_lines[stage.name] = text.splitlines()[-_LAST_LINES:]
        verdict = f"FAILED with {process.returncode}" if process.returncode else "passed"
        self._say(f"\n=== {stage.name}: {verdict} in {seconds:.0f} s\n$ {stage.command}\n{text}\n")


def main() -> int:
    """Run what is asked for and return the exit code."""
    parser = argparse.ArgumentParser(description="Everything that must hold.")
    parser.add_argument("what", choices=(*KINDS, "all"), nargs="?", default="all")
    parser.add_argument("--began", type=float, default=0, help="seconds that have passed")
    options = parser.parse_args()
    began = time.monotonic() - options.began
    # Tests that read MovieLens find it here, and skip with a reason where it is absent.
    os.environ.setdefault("EDGEAGENT_DATA", str(ROOT.parent / "shared" / "data"))
    if options.what in {"deep", "all"}:
        # All is installed then: a test that skips needs a reason that tests/skipping.py names.
        os.environ["EDGEAGENT_CI"] = "1"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="edgeagent-ci-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)  # tests that are another user for a moment read our files
        copy = Path(name) / "edgeagent"
        git = (shutil.which("git") or "git", "-c", "safe.directory=*")
        subprocess.run([*git, "clone", "--quiet", str(ROOT), str(copy)], check=True)
        run = Run(copy, began=began)
        try:
            for group in chosen(stages((copy / "README.md").read_text("utf-8")), options.what):
                run.group(group)
        except KeyboardInterrupt:
            run.stop()
            return 130
        print(f"\n=== Result after {time.monotonic() - began:.0f} s\n\n{run.result()}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
