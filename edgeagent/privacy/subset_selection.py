"""Subset Selection: report d of S' categories, the true one among them with higher probability.

Wang et al. 2016, "Mutual information optimally local private discrete distribution estimation"
(arXiv:1607.08025), and Ye and Barg 2018, "Optimal schemes for discrete distribution estimation
under locally differential privacy" (IEEE Trans. IT 64(8)), who show that it reaches the minimax
bound at every ε. All arithmetic on the box uses integers; e^ε is an exact rational n/m.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

from edgeagent.errors import InputError, PolicyError
from edgeagent.privacy.estimation import Estimate, Totals, clopper_pearson
from edgeagent.privacy.exact_sampling import bernoulli, uniform_choice
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts, SegmentCounts
from edgeagent.randomness import RandomSource

__all__ = ["SubsetSelection"]


class SubsetSelection:
    """The mechanism for a number of categories and an e^ε."""

    most_sessions = 1

    def __init__(self, categories: int, odds: Fraction, *, weight: int | None = None) -> None:
        """Set up the mechanism.

        Args:
            categories: S' ≥ 2.
            odds: e^ε > 1.
            weight: d; ``None``: the optimal one. Other values are for the proofs in tests.

        Raises:
            PolicyError: there is no mechanism with these parameters.

        """
        weight_fits = weight is None or 0 < weight < categories
        if categories < 2 or odds <= 1 or not weight_fits:  # noqa: PLR2004  (a choice needs two)
            raise PolicyError(
                f"no subset selection over {categories} categories at e^epsilon = {odds}",
                hint="two categories or more, and e^epsilon above 1",
            )
        self.categories = categories
        self.odds = odds
        self.weight = weight or _best_weight(categories, odds)

    @cached_property
    def p(self) -> Fraction:
        """Probability that the true category is in the subset: d e^ε / (d e^ε + S' − d)."""
        inside = self.weight * self.odds
        return inside / (inside + self.categories - self.weight)

    @cached_property
    def q(self) -> Fraction:
        """Probability that any other given category is in it: (d − p) / (S' − 1)."""
        return (self.weight - self.p) / (self.categories - 1)

    def bound(self, week: SegmentCounts, random: RandomSource) -> BoundedCounts:
        """Draw one session uniformly; an empty week counts as "none", the last category."""
        sessions = [*week.sessions(), self.categories - 1]  # "none" is drawn only if it is alone
        drawn = sessions[random.below(max(len(sessions) - 1, 1))]
        return BoundedCounts.single(drawn, categories=self.categories)

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        """Return d ones among S' counts.

        Every category uses the same draws in the same order: one for whether the true category is
        in, then d for the others, of which the last is discarded if it is in. The running time does
        not depend on the category either: no loop ends early where it finds it.

        Raises:
            PolicyError: the counts were not bounded for this mechanism.

        """
        counts = bounded.counts
        if counts.count(1) != 1 or counts.count(0) != self.categories - 1:
            raise PolicyError("subset selection takes one session, no more and no less")
        category = max(range(self.categories), key=counts.__getitem__)
        kept = bernoulli(self.p.numerator, self.p.denominator, random)
        others = uniform_choice(
            [other for other in range(self.categories) if other != category], self.weight, random
        )
        noisy = [0] * self.categories
        for member in (*others[:-1], (others[-1], category)[kept]):
            noisy[member] = 1
        return PrivatizedCounts(tuple(noisy))

    def is_possible(self, counts: Sequence[int]) -> bool:
        """Return whether these are S' counts of 0 or 1 with exactly d ones."""
        return (
            len(counts) == self.categories
            and all(count in (0, 1) for count in counts)
            and sum(counts) == self.weight
        )

    def estimate(self, totals: Totals, *, confidence: float = 0.95) -> Estimate:
        """Estimate shares: θ̂ = (T/N − q) / (p − q), which sum to one exactly.

        Args:
            totals: the sums of N ≥ 1 reports.
            confidence: of the two-sided intervals: Clopper-Pearson intervals of T, mapped to θ. T
                is binomial if each box is an independent draw from the audience, which the
                intervals assume; if weeks or boxes differ it varies less (Hoeffding 1956, "On the
                distribution of the number of successes in independent trials").

        Raises:
            InputError: totals that are impossible for this number of reports of weight d.

        """
        reports = totals.reports
        if (
            reports < 1
            or len(totals.counts) != self.categories
            or sum(totals.counts) != self.weight * reports
            or not all(0 <= total <= reports for total in totals.counts)
        ):
            raise InputError(
                f"{reports} reports of {self.weight} ones in {self.categories} categories cannot "
                f"add up to {list(totals.counts)}",
                hint="sum reports of one task only, each of them checked when it arrived",
            )
        p, q = float(self.p), float(self.q)
        rates = [total / reports for total in totals.counts]
        bounds = [clopper_pearson(total, reports, confidence=confidence) for total in totals.counts]
        return Estimate(
            unit="share",
            reports=reports,
            values=tuple((rate - q) / (p - q) for rate in rates),
            variances=tuple(
                rate * (1 - rate) / max(reports - 1, 1) / (p - q) ** 2 for rate in rates
            ),
            intervals=tuple(((low - q) / (p - q), (high - q) / (p - q)) for low, high in bounds),
            confidence=confidence,
        )


def _best_weight(categories: int, odds: Fraction) -> int:
    """Return the integer d next to S' / (e^ε + 1) with the smaller variance at small shares."""
    near = int(categories / (odds + 1))
    return min((d for d in (near, near + 1) if d >= 1), key=lambda d: _noise(categories, odds, d))


def _noise(categories: int, odds: Fraction, weight: int) -> Fraction:
    """Return q (1 − q) / (p − q)²: N times the variance of the estimate of a share of zero."""
    mechanism = SubsetSelection(categories, odds, weight=weight)
    return mechanism.q * (1 - mechanism.q) / (mechanism.p - mechanism.q) ** 2
