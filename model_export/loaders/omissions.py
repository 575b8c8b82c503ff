"""What a reader did not take as it stood: counted by reason, each with the first places.

A guide of a hundred thousand programmes must not stop at an odd one, and must not lose it in
silence either. Counting keeps memory flat, however many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Omission", "Omissions", "Tally"]

_MOST_REASONS = 1000
_PLACES = 3
"""Of each reason: enough to look it up, few enough to print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """One reason, how often it was met, and where first."""

    reason: str
    count: int
    first: tuple[str, ...]
    """At most three places, in order of the file."""


class Tally:
    """Counts reasons; the order is that of the first time each was met.

    A file that gives ever new reasons has those behind the thousandth counted together.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._counts: dict[str, int] = {}
        self._first: dict[str, list[str]] = {}

    def add(self, reason: str, place: str, *, count: int = 1) -> None:
        """Count ``reason``, met at ``place``."""
        if len(self._counts) >= _MOST_REASONS and reason not in self._counts:
            reason = "further reasons"
        self._counts[reason] = self._counts.get(reason, 0) + count
        first = self._first.setdefault(reason, [])
        if len(first) < _PLACES:
            first.append(place)

    def omissions(self) -> tuple[Omission, ...]:
        """Return what was counted."""
        return tuple(
            Omission(reason=reason, count=count, first=tuple(self._first[reason]))
            for reason, count in self._counts.items()
        )


@dataclass(slots=True, kw_only=True)
class Omissions:
    """The tallies that one reading fills."""

    left_out: Tally = field(default_factory=Tally)
    """Entries that are no titles of the catalogue."""
    ignored: Tally = field(default_factory=Tally)
    """Columns, elements and values that nobody reads; the title itself is kept."""
