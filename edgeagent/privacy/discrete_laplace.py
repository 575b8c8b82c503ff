"""Discrete Laplace: the clipped counts of a week, each with independent noise.

Ghosh, Roughgarden and Sundararajan 2009, "Universally utility-maximizing privacy mechanisms"
(arXiv:0811.2841), for the noise; drawn as in :mod:`edgeagent.privacy.exact_sampling`. It is for
operators who need counts of sessions rather than one drawn session, and is less accurate. All
arithmetic on the box is on integers and fractions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from math import exp

from edgeagent.errors import InputError, PolicyError
from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.additive_noise import noise_half_width, noise_variance
from edgeagent.privacy.estimation import Estimate, Totals
from edgeagent.privacy.exact_sampling import discrete_laplace, uniform_choice
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts, SegmentCounts
from edgeagent.randomness import RandomSource

__all__ = ["CLIP", "DiscreteLaplace", "largest_epsilon"]

CLIP = 8
"""C: the maximum number of sessions of a week that count. Compiled in, like the weight of Subset
Selection. The noise grows with it; 8 counts all sessions of a box that is used once a day."""

_TERMS = 24
_STEPS = 1000


class DiscreteLaplace:
    """The mechanism for a number of categories and an e^ε."""

    most_sessions = CLIP

    def __init__(self, categories: int, odds: Fraction) -> None:
        """Set up the mechanism.

        Args:
            categories: S' ≥ 1.
            odds: the e^ε that is booked, in (1, 3]. The noise uses :func:`largest_epsilon`, so the
                true loss is slightly smaller.

        Raises:
            PolicyError: there is no mechanism with these parameters.

        """
        epsilon = largest_epsilon(odds)
        if categories < 1 or epsilon == 0:
            raise PolicyError(
                f"no discrete Laplace over {categories} categories at e^epsilon = {odds}",
                hint="one category or more, and e^epsilon of 1000/999 or more",
            )
        self.categories = categories
        self.odds = odds
        self.epsilon = epsilon

    @property
    def rate(self) -> Fraction:
        """ε / 2C: two weeks of at most C sessions differ by at most 2C in the sum of |counts|."""
        return self.epsilon / (2 * CLIP)

    @cached_property
    def ratio(self) -> float:
        """λ = e^−rate, for the server's arithmetic."""
        return exp(-self.rate)

    def bound(self, week: SegmentCounts, random: RandomSource) -> BoundedCounts:
        """Count at most C sessions, drawn uniformly if there are more, so that shares stay true."""
        sessions = week.sessions()
        drawn = uniform_choice(sessions, min(CLIP, len(sessions)), random)
        return BoundedCounts(SegmentCounts.of(drawn, categories=self.categories).counts)

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        """Add noise to every count, zeros included, and clamp.

        Raises:
            PolicyError: the counts were not bounded for this mechanism.

        """
        counts = bounded.counts
        if len(counts) != self.categories or min(counts) < 0 or sum(counts) > CLIP:
            raise PolicyError("these counts are not bounded for discrete Laplace noise")
        noise = [discrete_laplace(self.rate, random) for _ in counts]
        noisy = [count + z for count, z in zip(counts, noise, strict=True)]
        return PrivatizedCounts(tuple(max(-COUNT_LIMIT, min(n, COUNT_LIMIT)) for n in noisy))

    def is_possible(self, counts: Sequence[int]) -> bool:
        """Return whether these are S' counts within the clamp: noise makes all of them possible."""
        return len(counts) == self.categories and all(abs(n) <= COUNT_LIMIT for n in counts)

    def estimate(self, totals: Totals, *, confidence: float = 0.95) -> Estimate:
        """Estimate the mean clipped counts of the boxes that reported.

        A count at the limit stands for all values clamped to it. Their mean is known, because the
        noise is memoryless: a value that reaches 999 exceeds it by a geometric number with mean λ /
        (1 − λ). With that added the mean is unbiased for any true counts.

        Args:
            totals: the sums of the reports.
            confidence: of the two-sided intervals for the true mean over the reporting boxes. They
                come from the exact distribution of the sum of the noise; where counts were clamped
                the true error is smaller.

        Raises:
            InputError: totals that are impossible for this number of reports.

        """
        reports = totals.reports
        if (
            reports < 1
            or len(totals.counts) != self.categories
            or len(totals.at_limit) != self.categories
            or not all(abs(total) <= COUNT_LIMIT * reports for total in totals.counts)
            or not all(abs(net) <= reports for net in totals.at_limit)
        ):
            raise InputError(
                f"{reports} reports of {self.categories} counts within ±{COUNT_LIMIT} cannot add "
                f"up to {list(totals.counts)}",
                hint="sum only reports of one task that were checked on arrival",
            )
        beyond = self.ratio / (1 - self.ratio)
        means = [
            (total + net * beyond) / reports
            for total, net in zip(totals.counts, totals.at_limit, strict=True)
        ]
        half_width = noise_half_width(self.ratio, reports, confidence=confidence) / reports
        return Estimate(
            unit="sessions",
            reports=reports,
            values=tuple(means),
            variances=(noise_variance(self.ratio) / reports,) * self.categories,
            intervals=tuple((mean - half_width, mean + half_width) for mean in means),
            confidence=confidence,
        )


def largest_epsilon(odds: Fraction) -> Fraction:
    """Return the largest ε in whole thousandths with e^ε ≤ ``odds``, for ``odds`` up to 3.

    Decided in exact fractions, by a bound from above; 1098/1000 for 3, and 0 where even a
    thousandth is too much.
    """
    steps = range(1, 1100)
    allowed = bisect_right(steps, odds, key=lambda step: _exp_from_above(Fraction(step, _STEPS)))
    return Fraction(allowed, _STEPS)


def _exp_from_above(x: Fraction) -> Fraction:
    """Return an upper bound of e^x, 0 < x < 2: the Taylor series with a geometric remainder."""
    total, term = Fraction(0), Fraction(1)
    for index in range(1, _TERMS):
        total += term
        term *= x / index
    return total + term / (1 - x / _TERMS)
