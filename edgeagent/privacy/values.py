"""Types for the stages of a value on its way out of the box.

``SegmentCounts`` hold what a household watched. ``BoundedCounts`` are limited to what a mechanism's
privacy loss is calculated for. ``PrivatizedCounts`` come only from a randomiser, and only they can
be released as a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, repeat

__all__ = ["BoundedCounts", "PrivatizedCounts", "SegmentCounts"]


@dataclass(frozen=True, slots=True)
class SegmentCounts:
    """[S'] number of sessions of one box's week by category; all zero for an empty week.

    Either all sessions of the week, or as many as its mechanism uses, drawn uniformly.
    """

    counts: tuple[int, ...]

    @classmethod
    def of(cls, sessions: Iterable[int], *, categories: int) -> SegmentCounts:
        """Count sessions given by their categories in ``[0, categories)``."""
        counted = Counter(sessions)
        return cls(tuple(counted[category] for category in range(categories)))

    def sessions(self) -> list[int]:
        """Return the category of every session, in order; the time does not depend on them."""
        return list(chain.from_iterable(map(repeat, range(len(self.counts)), self.counts)))


@dataclass(frozen=True, slots=True)
class BoundedCounts:
    """[S'] counts ≥ 0 whose sum a mechanism has limited to what its noise is calibrated for."""

    counts: tuple[int, ...]

    @classmethod
    def single(cls, category: int, *, categories: int) -> BoundedCounts:
        """Return the counts of one session; the time does not depend on the category."""
        counts = [0] * categories
        counts[category] = 1
        return cls(tuple(counts))


@dataclass(frozen=True, slots=True)
class PrivatizedCounts:
    """Randomised counts, one per category: can be disclosed at the privacy cost that was booked."""

    counts: tuple[int, ...]
