"""``kill -9`` without a process: the home as it lay there when a commit began, put back.

What the operating system had been given by then is all that a killed process leaves. A copy that is
made within SQLite, before its COMMIT runs, holds that and no more.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeagent.agent import Agent

__all__ = ["CommitImage"]


class CommitImage:
    """A copy of a home, made at a commit of its service."""

    def __init__(self, home: Path) -> None:
        self._home, self._image = home, home.with_name("image")
        self._left = 0
        self._failed: OSError | None = None

    @property
    def exists(self) -> bool:
        return self._image.exists()

    @contextmanager
    def at_commit(self, agent: Agent, number: int) -> Iterator[None]:
        """Copy the home when a block begins its so-many-th commit, if it has so many."""
        self._left, self._failed = number, None
        stores = (agent._home.history, agent._home.ledger)
        connections = [store._database.connection for store in stores]
        for connection in connections:
            connection.set_trace_callback(self._traced)
        try:
            yield
        finally:
            for connection in connections:
                connection.set_trace_callback(None)
        if self._failed is not None:
            raise self._failed

    def copy(self) -> None:
        """Copy the home now."""
        copies: dict[int, Path] = {}

        def copy(source: str, target: str) -> None:
            """Copy a file; a second name of one stays a second name."""
            inode = Path(source).stat().st_ino
            if inode in copies:
                Path(target).hardlink_to(copies[inode])
            else:
                copies[inode] = Path(shutil.copy2(source, target))

        shutil.copytree(self._home, self._image, copy_function=copy)

    def put_back(self) -> None:
        """Replace the home, which nobody has open, by the copy."""
        shutil.rmtree(self._home)
        self._image.rename(self._home)

    def _traced(self, statement: str) -> None:
        if statement != "COMMIT":
            return
        self._left -= 1
        if self._left == 0:
            try:
                self.copy()
            except OSError as error:  # SQLite would swallow it
                self._failed = error
