"""How far a value has come on its way out, as types.

A category is a plain int and means something about the household. ``PrivatizedCounts`` come out of
a randomiser and nowhere else; only they can be released as a report.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Estimate", "PrivatizedCounts"]


@dataclass(frozen=True, slots=True)
class PrivatizedCounts:
    """Randomised counts, one a category: safe to show to anybody at the cost that was booked."""

    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What many reports say about the audience; one entry a category in each field."""

    reports: int
    shares: tuple[float, ...]
    """Unbiased, may be slightly below 0 or above 1; they sum to 1."""
    variances: tuple[float, ...]
    """Of the shares, over sampling and noise."""
    intervals: tuple[tuple[float, float], ...]
    """Two-sided intervals for the true shares at the asked confidence."""
    confidence: float
