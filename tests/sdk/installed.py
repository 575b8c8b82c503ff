"""The npm packages, installed once a session into a temporary directory."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOW = "needs Node 18 or newer with npm: apt-get install nodejs npm"
_EXAMPLES = HERE / "examples"


def node_modules(directory: Path) -> Path:
    """Install the SDKs and return where they lie; skip where there is no Node."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(HOW)
    shutil.copy(HERE / "package.json", directory)
    for script in [*HERE.glob("*.mjs"), *_EXAMPLES.glob("*.mjs")]:
        shutil.copy(script, directory)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"],
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return directory / "node_modules"
