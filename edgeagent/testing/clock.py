"""Clocks that stand still until they are told to move: the one that is set, and the boot's."""

from __future__ import annotations

__all__ = ["FakeClock"]


class FakeClock:
    """A Clock for tests and simulations."""

    def __init__(self, now: int, *, boot_seconds: float = 3600.0) -> None:
        """Start at ``now`` seconds UTC, ``boot_seconds`` after the box was switched on."""
        self._now = now
        self._boot_seconds = boot_seconds
        self._boots = 1

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        return self._now

    def boot_seconds(self) -> float:
        """Seconds since the box was switched on."""
        return self._boot_seconds

    def boot_id(self) -> str:
        """Identify the boot."""
        return f"boot-{self._boots}"

    def advance(self, seconds: int) -> None:
        """Let time pass; negative values are a clock set back, which undoes no boot time."""
        self.jump(self._now + seconds)
        self.stand(max(seconds, 0))

    def set(self, now: int) -> None:
        """Let time pass until ``now``; a moment before is a clock set back."""
        self.advance(now - self._now)

    def jump(self, now: int) -> None:
        """Set the clock, as people and NTP do: no boot time passes."""
        self._now = now

    def stand(self, seconds: float) -> None:
        """Let boot time pass while the clock stands still."""
        self._boot_seconds += seconds

    def reboot(self, *, now: int | None = None) -> None:
        """Switch the box off and on again, with the clock at ``now`` afterwards."""
        self._boots += 1
        self._boot_seconds = 0.0
        self._now = self._now if now is None else now
