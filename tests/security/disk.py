"""A file system that is soon full."""

from __future__ import annotations

from pathlib import Path

__all__ = ["fill"]


def fill(disk: Path) -> Path:
    """Write a file until there is no room left, and return it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler
