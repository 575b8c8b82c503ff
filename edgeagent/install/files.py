"""What a distribution installs beside the program: units, settings, packaging, layers; all data."""

from __future__ import annotations

from pathlib import Path

import edgeagent

__all__ = ["install_directory", "install_files"]


def install_directory() -> Path:
    """Return where the files lie in this installation."""
    return Path(edgeagent.__file__).parent / "install"


def install_files() -> tuple[Path, ...]:
    """Return every file, in the order of their names, without the code and the page beside them."""
    found = (path for path in install_directory().rglob("*") if path.is_file())
    return tuple(sorted(path for path in found if path.suffix not in {".py", ".pyc", ".md"}))
