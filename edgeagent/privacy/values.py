"""How far a value has come on its way out, as a type.

A category is a plain int and means something about the household. ``PrivatizedCounts`` come out of
a randomiser and nowhere else; only they can be released as a report.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PrivatizedCounts"]


@dataclass(frozen=True, slots=True)
class PrivatizedCounts:
    """Randomised counts, one a category: safe to show to anybody at the cost that was booked."""

    counts: tuple[int, ...]
