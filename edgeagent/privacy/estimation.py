"""Estimates of the audience from many reports: values, variances and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum
from typing import Literal

from edgeagent.messages.report import COUNT_LIMIT

__all__ = ["Estimate", "Totals", "clopper_pearson", "each_of", "onto_simplex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of reports on one task: all that estimation needs."""

    reports: int
    counts: tuple[int, ...]
    """[S'] the sum of all counts, category by category."""
    at_limit: tuple[int, ...]
    """[S'] number of counts at 999 minus number at −999, where noise was clamped."""

    @classmethod
    def of(cls, reports: Iterable[Sequence[int]], *, categories: int) -> Totals:
        """Sum the counts of reports."""
        number, counts, at_limit = 0, [0] * categories, [0] * categories
        for report in reports:
            number += 1
            for category, count in enumerate(report):
                counts[category] += count
                at_limit[category] += (count >= COUNT_LIMIT) - (count <= -COUNT_LIMIT)
        return cls(reports=number, counts=tuple(counts), at_limit=tuple(at_limit))

    @classmethod
    def none(cls, *, categories: int) -> Totals:
        """Return the sums of no reports."""
        return cls(reports=0, counts=(0,) * categories, at_limit=(0,) * categories)

    def __add__(self, other: Totals) -> Totals:
        """Return the sums of the reports of both."""
        return Totals(
            reports=self.reports + other.reports,
            counts=_each_sum(self.counts, other.counts),
            at_limit=_each_sum(self.at_limit, other.at_limit),
        )


def _each_sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate of what the audience watched; each field has one entry per category."""

    unit: Literal["share", "sessions"]
    """Shares of the audience's sessions, or mean clipped sessions per box."""
    reports: int
    values: tuple[float, ...]
    """Unbiased, may be slightly below 0 or above what is possible; shares sum to 1."""
    variances: tuple[float, ...]
    """Variances of the values: for shares from the sampling of boxes and the noise, for sessions
    from the noise alone."""
    intervals: tuple[tuple[float, float], ...]
    """Two-sided intervals for the true values, each on its own at ``confidence``."""
    confidence: float

    @property
    def shares(self) -> tuple[float, ...]:
        """The values as shares; of ``sessions`` a ratio of estimates, which is not unbiased."""
        whole = 1.0 if self.unit == "share" else fsum(self.values)
        return tuple(value / whole if whole > 0 else 0.0 for value in self.values)


def each_of(intervals: int, *, confidence: float) -> float:
    """Return the confidence each interval needs for all to hold jointly with ``confidence``.

    Bonferroni's inequality: whatever the dependence between them.
    """
    return 1 - (1 - confidence) / intervals


def clopper_pearson(successes: int, trials: int, *, confidence: float) -> tuple[float, float]:
    """Return the two-sided interval for a binomial probability.

    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial" (Biometrika 26): covers at least ``confidence`` whatever the chance is.
    """
    from scipy.stats import beta  # noqa: PLC0415  (only servers have scipy; a box only privatizes)

    tail = (1 - confidence) / 2
    low = beta.ppf(tail, successes, trials - successes + 1) if successes > 0 else 0.0
    high = beta.ppf(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return float(low), float(high)


def onto_simplex(shares: Sequence[float]) -> tuple[float, ...]:
    """Return the nearest shares that are ≥ 0 and sum to one; for display only, as it is biased.

    Duchi, Shalev-Shwartz, Singer and Chandra 2008, "Efficient projections onto the l1-ball for
    learning in high dimensions" (ICML), Figure 1.
    """
    falling = sorted(shares, reverse=True)
    thresholds = [(total - 1) / rank for rank, total in enumerate(accumulate(falling), start=1)]
    # The threshold of the longest prefix whose members all exceed it.
    cut = max(
        (rank, threshold)
        for rank, (share, threshold) in enumerate(zip(falling, thresholds, strict=True))
        if share > threshold
    )[1]
    return tuple(max(share - cut, 0.0) for share in shares)
