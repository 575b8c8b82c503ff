"""Sums of estimated shares with weights: an audience of several segments, a title's part in each.

Shares of one task are not independent: a report holds d categories, so that one more is one less
of another, and all shares sum to one. Adding up the intervals of single segments would be wrong;
this is the standard error of the sum itself. For servers and simulations; no box estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from edgeagent.privacy.precision import deviations
from edgeagent.privacy.subset_selection import SubsetSelection

__all__ = ["Combination", "combine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Σ w θ̂ with its standard error: from the draw of boxes and sessions, and from the noise."""

    value: float
    standard_error: float
    low: float
    high: float


def combine(
    mechanism: SubsetSelection,
    shares: Sequence[float],
    weights: Sequence[float],
    *,
    reports: int,
    confidence: float = 0.95,
) -> Combination:
    """Return a weighted sum of the shares that a task's reports gave.

    With X the vector of one report's counts, w · θ̂ is the mean of (w · X − q Σ w) / (p − q) over
    the reports, and its variance a report's divided by their number. Under Subset Selection a
    report of category v holds v and another one with the chance a = p (d − 1) / (S' − 1), two
    others with b = p (d − 1) (d − 2) / ((S' − 1) (S' − 2)) + (1 − p) d (d − 1) / ((S' − 1)
    (S' − 2)): the subset is uniform but for v. The interval is the normal one: with the thousands
    of reports below which nothing is shown it covers as the exact one of a single segment does.

    Args:
        mechanism: of the task.
        shares: [S'] estimates that sum to one; single ones may be negative.
        weights: [S'].
        reports: how many there were, ≥ 1.
        confidence: of the two-sided interval.

    """
    p, q = float(mechanism.p), float(mechanism.q)
    size, drawn = mechanism.categories, mechanism.weight
    others = (drawn - 1) / (size - 1)
    with_own = p * others
    pairs = (drawn - 2) * p + drawn * (1 - p)
    without = pairs * others / max(size - 2, 1)  # of two categories d is 1, and there are no pairs
    whole = fsum(weights)
    squares = fsum(weight * weight for weight in weights)
    rates = [q + share * (p - q) for share in shares]
    mean = fsum(weight * rate for weight, rate in zip(weights, rates, strict=True))
    alone = fsum(weight * weight * rate for weight, rate in zip(weights, rates, strict=True))
    beside = fsum(w * share * (whole - w) for w, share in zip(weights, shares, strict=True))
    together = without * (whole * whole - squares) + 2 * (with_own - without) * beside
    # Estimates that are below zero can bring the plug-in variance there, too.
    variance = max(alone + together - mean * mean, 0.0) / max(reports - 1, 1)
    error = sqrt(variance) / (p - q)
    value = fsum(weight * share for weight, share in zip(weights, shares, strict=True))
    away = deviations(confidence) * error
    return Combination(value=value, standard_error=error, low=value - away, high=value + away)
