"""The example of the Python API does, as it stands on the page, what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

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
    done = subprocess.run(
        [sys.executable, "-c", example()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["stored: 1", "kept: 1", "kept: 0"]
    assert (tmp_path / "my-export.json").stat().st_size > 0
