"""How precisely a share will be known: the closed form to plan a fleet with.

A report holds a segment of share θ with probability r = q + θ (p − q), so the estimate
θ̂ = (T/N − q) / (p − q) has the standard error √(r (1 − r) / N) / (p − q).
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from edgeagent.privacy.subset_selection import SubsetSelection

__all__ = ["deviations", "half_width", "reports_for", "standard_error"]


def standard_error(mechanism: SubsetSelection, share: float, *, reports: float) -> float:
    """Return the standard error of an estimated share, boxes drawn at random from the audience."""
    return _of_one(mechanism, share) / sqrt(reports)


def deviations(confidence: float = 0.95) -> float:
    """Return how many standard errors half of a two-sided interval is."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def half_width(
    mechanism: SubsetSelection, share: float, *, reports: float, confidence: float = 0.95
) -> float:
    """Return half the width of the two-sided interval for a share, as a share.

    The normal approximation; the Clopper-Pearson intervals of estimates are 2 % wider at 1,000
    reports, and less than that with more.
    """
    return deviations(confidence) * standard_error(mechanism, share, reports=reports)


def reports_for(
    mechanism: SubsetSelection, share: float, *, within: float, confidence: float = 0.95
) -> int:
    """Return how many reports make the half-width of a share's interval ``within`` or less."""
    return ceil((deviations(confidence) * _of_one(mechanism, share) / within) ** 2)


def _of_one(mechanism: SubsetSelection, share: float) -> float:
    p, q = float(mechanism.p), float(mechanism.q)
    rate = q + share * (p - q)
    return sqrt(rate * (1 - rate)) / (p - q)
