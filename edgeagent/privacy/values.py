"""How far a value has come on its way out, as a type.

``SegmentCounts`` say what a household watched. ``BoundedCounts`` are the part of them that a
mechanism's privacy loss is calculated for. ``PrivatizedCounts`` come out of a randomiser and
nowhere else; only they can be released as a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, repeat

__all__ = ["BoundedCounts", "PrivatizedCounts", "SegmentCounts"]


@dataclass(frozen=True, slots=True)
class SegmentCounts:
    """[S'] sessions of one box's week, category by category; all zero after an empty week.

    All of the week's, or as many as its mechanism uses, drawn uniformly.
    """

    counts: tuple[int, ...]

    @classmethod
    def of(cls, sessions: Iterable[int], *, categories: int) -> SegmentCounts:
        """Count sessions, each given by its category in ``[0, categories)``."""
        counted = Counter(sessions)
        return cls(tuple(counted[category] for category in range(categories)))

    def sessions(self) -> list[int]:
        """Return the category of every session, in order; takes as long whichever they are."""
        return list(chain.from_iterable(map(repeat, range(len(self.counts)), self.counts)))


@dataclass(frozen=True, slots=True)
class BoundedCounts:
    """[S'] counts of 0 and above whose sum a mechanism has limited; its noise fits that limit."""

    counts: tuple[int, ...]

    @classmethod
    def single(cls, category: int, *, categories: int) -> BoundedCounts:
        """Return the counts of one session; takes as long whichever category it is."""
        counts = [0] * categories
        counts[category] = 1
        return cls(tuple(counts))


@dataclass(frozen=True, slots=True)
class PrivatizedCounts:
    """Randomised counts, one a category: safe to show to anybody at the cost that was booked."""

    counts: tuple[int, ...]
