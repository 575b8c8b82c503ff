"""Run a bench several times, each in a process of its own, and sum up what it said."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.figures import Value, flat
from tests.bench.machine import machine_facts
from tests.bench.result import Result

__all__ = ["PACKAGES", "BenchError", "Run", "run_bench", "run_once"]

_ROOT = Path(__file__).parents[2]
PACKAGES = ("numpy", "onnxruntime", "sqlcipher3", "cryptography", "starlette")
"""Whose versions belong to a result."""

Run = tuple[Mapping[str, Value], bool]
"""Figures by dotted names, and whether they are within the bench's own limits."""


class BenchError(Exception):
    """A bench said no figures."""


def run_bench(
    bench: Bench,
    *,
    runs: int,
    quick: bool = False,
    machine: Mapping[str, Value] | None = None,
    one: Callable[[list[str]], Run] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Result:
    """Run a bench and return medians and spread.

    Args:
        bench: which.
        runs: how often.
        quick: with its quick arguments.
        machine: its facts before any bench of a series ran; default: those of now.
        one: makes one run of a command; default: :func:`run_once`.
        say: is told what is done.

    Raises:
        BenchError: a run failed before it said its figures.

    """
    arguments = bench.quick if quick else bench.arguments
    began = datetime.now(UTC).isoformat(timespec="seconds")
    facts = machine or machine_facts(*PACKAGES)  # before its own load
    found = []
    for number in range(runs):
        say(f"{bench.name}: run {number + 1} of {runs}")
        found.append((one or run_once)([bench.module, "--json", *arguments]))
    return Result.of(
        bench,
        [figures for figures, _ in found],
        held=all(held for _, held in found),
        facts={
            "command": shlex.join(["python", "-m", bench.module, *arguments]),
            "began": began,
            "commit": _commit(),
            "quick": quick,
            "machine": facts,
        },
    )


def run_once(command: list[str]) -> Run:
    """Run a bench in a process; its progress goes where ours does.

    Raises:
        BenchError: it said no figures.

    """
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        return flat(json.loads(done.stdout)), done.returncode == 0
    except ValueError as error:
        message = f"{shlex.join(command)} ended with {done.returncode} and no figures"
        raise BenchError(message) from error


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip()
