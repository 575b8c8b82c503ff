"""Packages that are measured beside this project, in an environment of their own.

Their pins do not fit this project's. The environment is made when a bench asks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["OtherEnvironmentError", "answer_of", "answers_of", "environment"]

_WHOLE = "packages"
"""A file that says what was installed; written last, so that an environment cut short is none."""


class OtherEnvironmentError(Exception):
    """The environment could not be made, or what ran in it failed; the message says which."""


def answer_of(script: Path, packages: Sequence[str], *, asked: object) -> Any:  # noqa: ANN401 (JSON)
    """Run a script that reads JSON from stdin and writes JSON; what it needs is deleted again."""
    with tempfile.TemporaryDirectory(prefix="published-") as directory:
        return json.loads(_run(environment(Path(directory), packages), script, asked))


def answers_of(python: Path, script: Path, *, asked: object) -> list[Any]:
    """Run a script that reads JSON from stdin and writes lines of JSON."""
    return [json.loads(line) for line in _run(python, script, asked).splitlines()]


def environment(directory: Path, packages: Sequence[str]) -> Path:
    """Return the Python of an environment with ``packages``, made in ``directory`` if need be.

    Raises:
        OtherEnvironmentError: it cannot be made.

    """
    python, whole = directory / "bin" / "python", directory / _WHOLE
    if not whole.exists() or whole.read_text("utf-8").split() != list(packages):
        named = ", ".join(packages)
        sys.stderr.write(f"installing {named} in {directory}; this takes some minutes\n")
        commands: tuple[list[str | Path], ...] = (
            [sys.executable, "-m", "venv", "--clear", directory],
            [python, "-I", "-m", "pip", "install", "--quiet", *packages],
        )
        for command in commands:
            if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
                message = (
                    f"{named} could not be installed in {directory}: pip says above why. It asks "
                    "the index that PIP_INDEX_URL names, or pypi.org"
                )
                raise OtherEnvironmentError(message)
        whole.write_text("\n".join(packages), "utf-8")
    return python


def _run(python: Path, script: Path, asked: object) -> str:
    done = subprocess.run(
        [python, "-I", str(script)],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{script.name} ended with {done.returncode}: it says above why"
        raise OtherEnvironmentError(message)
    return done.stdout
