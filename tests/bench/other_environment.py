"""Packages that are measured beside this project, in an environment of their own.

Their pins do not fit this project's. The environment is made when a bench asks, and deleted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["answer_of"]


def answer_of(script: Path, packages: Sequence[str], *, asked: object) -> Any:  # noqa: ANN401 (JSON)
    """Install ``packages``, and run a script that reads JSON from stdin and writes JSON."""
    with tempfile.TemporaryDirectory(prefix="published-") as directory:
        python = Path(directory) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        subprocess.run(
            [python, "-I", "-m", "pip", "install", "--quiet", *packages],
            check=True,
            stdout=sys.stderr,
        )
        run = subprocess.run(
            [python, "-I", str(script)],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(run.stdout)
