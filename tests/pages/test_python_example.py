"""The example of the Python API does, as it stands on the page, what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import edgeagent
from tests.pages.found import ROOT

PAGE = ROOT / "edgeagent" / "README.md"


def example() -> str:
    """Return the program on the page."""
    found = re.search(
        r"<!-- python-example -->\n```python\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found
    return found[1]


def test_the_python_example(tmp_path: Path) -> None:
    assert printed(example(), tmp_path) == ["stored: 1", "kept: 1", "kept: 0"]
    assert (tmp_path / "my-export.json").stat().st_size > 0


def test_the_example_that_help_shows(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^    .+\n|^\n)+", edgeagent.__doc__ or "", re.MULTILINE)
    (program,) = [textwrap.dedent(block) for block in blocks if "import" in block]
    (line,) = printed(program, tmp_path)
    assert "film-0301" in line


def printed(program: str, tmp_path: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()
