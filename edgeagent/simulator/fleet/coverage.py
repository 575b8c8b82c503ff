"""Whether so few intervals that cover the truth can still be chance."""

from __future__ import annotations

from fractions import Fraction
from math import comb

__all__ = ["coverage_is_credible"]

_COVERAGE = Fraction(95, 100)
_CHANCE = Fraction(1, 1_000_000)
"""False-alarm rate of the check: one simulation in a million fails by chance."""


def coverage_is_credible(covered: int, categories: int) -> bool:
    """Return whether so few covered intervals have a probability of at least one in a million.

    The number of covered intervals is taken as binomial with 95 %. Shares that sum to one are
    weakly negatively correlated, which makes a low number even rarer.
    """
    tail = sum(
        comb(categories, k) * _COVERAGE**k * (1 - _COVERAGE) ** (categories - k)
        for k in range(covered + 1)
    )
    return tail >= _CHANCE
