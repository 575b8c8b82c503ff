"""What many reports say about the audience: shares, their variance, their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

__all__ = ["Estimate", "clopper_pearson", "onto_simplex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Shares of the audience; one entry a category in each field."""

    reports: int
    shares: tuple[float, ...]
    """Unbiased, may be slightly below 0 or above 1; they sum to 1."""
    variances: tuple[float, ...]
    """Of the shares, over the sampling of boxes and the noise."""
    intervals: tuple[tuple[float, float], ...]
    """Two-sided intervals for the true shares, each on its own at ``confidence``."""
    confidence: float


def clopper_pearson(successes: int, trials: int, *, confidence: float) -> tuple[float, float]:
    """Return the two-sided interval for a binomial chance.

    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial" (Biometrika 26): covers at least ``confidence`` whatever the chance is.
    """
    from scipy.stats import beta  # noqa: PLC0415  (servers have it; a box only privatizes)

    tail = (1 - confidence) / 2
    low = beta.ppf(tail, successes, trials - successes + 1) if successes > 0 else 0.0
    high = beta.ppf(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return float(low), float(high)


def onto_simplex(shares: Sequence[float]) -> tuple[float, ...]:
    """Return the nearest shares that are ≥ 0 and sum to one: for display, it is biased.

    Duchi, Shalev-Shwartz, Singer and Chandra 2008, "Efficient projections onto the l1-ball for
    learning in high dimensions" (ICML), Figure 1.
    """
    falling = sorted(shares, reverse=True)
    thresholds = [(total - 1) / rank for rank, total in enumerate(accumulate(falling), start=1)]
    # The threshold of the longest prefix whose members all stay above it.
    cut = max(
        (rank, threshold)
        for rank, (share, threshold) in enumerate(zip(falling, thresholds, strict=True))
        if share > threshold
    )[1]
    return tuple(max(share - cut, 0.0) for share in shares)
