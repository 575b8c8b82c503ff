"""Directories for results of the simulator, which git is to leave alone: they may hold keys."""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_output_directory"]


def make_output_directory(directory: Path) -> None:
    """Make a directory that git ignores with all that is in it; one that is there stays as it is.

    Raises:
        OSError: it cannot be made.

    """
    if directory.exists():
        return
    directory.mkdir(parents=True)
    (directory / ".gitignore").write_text("*\n", "ascii")
