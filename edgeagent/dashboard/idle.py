"""When has nobody used the dashboard for long enough?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["IDLE_SECONDS", "Idle"]

IDLE_SECONDS = 300
"""Long enough to read any page; short enough that the memory is free for the next film."""


class Idle:
    """Measures how long ago the last request was; one that is not answered yet is now."""

    def __init__(self, monotonic: Callable[[], float], *, limit_seconds: float) -> None:
        """Begin to count now.

        Args:
            monotonic: seconds that never go back, as ``time.monotonic``.
            limit_seconds: how long is long enough.

        """
        self._monotonic = monotonic
        self._limit_seconds = limit_seconds
        self._last = monotonic()
        self._serving = 0

    def touch(self) -> None:
        """Note a request."""
        self._last = self._monotonic()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Note a request that is answered when the block ends."""
        self._serving += 1
        try:
            yield
        finally:
            self._serving -= 1
            self.touch()

    def remaining_seconds(self) -> float:
        """Return how much longer the process has to wait; 0: it may go."""
        if self._serving:
            return self._limit_seconds
        return max(0.0, self._last + self._limit_seconds - self._monotonic())
