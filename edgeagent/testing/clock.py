"""A clock that stands still until it is told to move."""

from __future__ import annotations

__all__ = ["FakeClock"]


class FakeClock:
    """A Clock for tests and simulations."""

    def __init__(self, now: int) -> None:
        """Start at ``now`` seconds UTC."""
        self._now = now

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        return self._now

    def advance(self, seconds: int) -> None:
        """Move by ``seconds``; negative values are a clock set back."""
        self._now += seconds

    def set(self, now: int) -> None:
        """Jump to ``now``."""
        self._now = now
