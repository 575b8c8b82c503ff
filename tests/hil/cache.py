"""What a rehearsal builds is kept, so that the next one only starts it."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Cache"]


class Cache:
    """A directory of things that were built, each under its name and a digest of its recipe."""

    def __init__(self, directory: Path) -> None:
        """Keep things in ``directory``, which is made when something is built."""
        self.directory = directory

    def get(self, name: str, *, recipe: object, build: Callable[[Path], None]) -> Path:
        """Return a directory that ``build`` has filled, now or earlier by the same recipe.

        A build that fails or is interrupted leaves nothing behind. If another process is building
        it, this one waits.
        """
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
        kept = self.directory / f"{name}-{digest}"
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._alone(f"{name}.lock"):
            if not kept.exists():
                self._build(kept, name, build)
        return kept

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.directory / name).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _build(self, kept: Path, name: str, build: Callable[[Path], None]) -> None:
        unfinished = Path(
            tempfile.mkdtemp(prefix=f"{name}-", suffix=".unfinished", dir=kept.parent)
        )
        try:
            unfinished.chmod(0o755)
            build(unfinished)
            unfinished.rename(kept)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
