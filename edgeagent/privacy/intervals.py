"""Exact binomial intervals; server side only, where SciPy is there."""

from __future__ import annotations

__all__ = ["clopper_pearson"]


def clopper_pearson(successes: int, trials: int, *, confidence: float) -> tuple[float, float]:
    """Return the two-sided interval for a binomial chance.

    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial" (Biometrika 26): covers at least ``confidence`` whatever the chance is.
    """
    from scipy.stats import beta  # noqa: PLC0415  (never on the box: it only privatizes)

    tail = (1 - confidence) / 2
    low = beta.ppf(tail, successes, trials - successes + 1) if successes > 0 else 0.0
    high = beta.ppf(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return float(low), float(high)
