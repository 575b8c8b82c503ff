"""What a rehearsal builds is kept, so that the next one only starts it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["Cache"]


class Cache:
    """A directory of things that were built, each under its name and a digest of its recipe."""

    def __init__(self, directory: Path) -> None:
        """Keep things in ``directory``, which is made when something is built."""
        self.directory = directory

    def get(self, name: str, *, recipe: object, build: Callable[[Path], None]) -> Path:
        """Return a directory that ``build`` has filled, now or earlier by the same recipe.

        A build that fails or is interrupted leaves nothing behind.
        """
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
        kept = self.directory / f"{name}-{digest}"
        if kept.exists():
            return kept
        self.directory.mkdir(parents=True, exist_ok=True)
        unfinished = Path(
            tempfile.mkdtemp(prefix=f"{name}-", suffix=".unfinished", dir=kept.parent)
        )
        try:
            unfinished.chmod(0o755)
            build(unfinished)
            unfinished.rename(kept)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return kept
