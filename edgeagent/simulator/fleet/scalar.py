"""A virtual fleet: many boxes' reports through the real randomiser and the real estimator.

Each virtual box draws its true category from the mix of the real boxes' sessions. The intervals are
compared with that mix, not with the realised draw: the sampling of boxes is part of the error that
a media company faces.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import comb, fsum, lcm, sqrt

from edgeagent.messages import ReportTask
from edgeagent.privacy.estimation import Estimate, Totals
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.values import BoundedCounts
from edgeagent.testing.randomness import SeededRandomSource

__all__ = ["ScalarOutcome", "coverage_is_credible", "run_fleet"]

_PROGRESS_EVERY = 2000
_COVERAGE = Fraction(95, 100)
_CHANCE = Fraction(1, 1_000_000)
"""False-alarm rate of the check of coverage: one simulation in a million fails by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarOutcome:
    """The estimate for the fleet, and the truth."""

    devices: int
    truth: tuple[float, ...]
    estimate: Estimate
    rmse: float
    expected_rmse: float
    interval_coverage: float
    mean_half_width: float


def run_fleet(
    task: ReportTask,
    truth: Sequence[Fraction],
    *,
    devices: int,
    seed: int,
    advance: Callable[[int], None],
) -> ScalarOutcome:
    """Send ``devices`` virtual reports through randomiser and estimator.

    Args:
        task: the mechanism and its parameters.
        truth: [S'] shares that sum to one.
        devices: how many virtual boxes.
        seed: determines the category each box draws, and its noise.
        advance: called with the number of further boxes done.

    """
    randomizer = randomizer_for(task)
    denominator = lcm(*(share.denominator for share in truth))
    bounds = list(accumulate(int(share * denominator) for share in truth))
    random = SeededRandomSource(f"{seed}/fleet")

    def reports() -> Iterator[tuple[int, ...]]:
        for device in range(1, devices + 1):
            category = bisect_right(bounds, random.below(denominator))
            session = BoundedCounts.single(category, categories=task.categories)
            yield randomizer.privatize(session, random).counts
            if device % _PROGRESS_EVERY == 0:
                advance(_PROGRESS_EVERY)

    estimate = randomizer.estimate(Totals.of(reports(), categories=task.categories))
    return _judge(estimate, [float(share) for share in truth], devices)


def _judge(estimate: Estimate, truth: list[float], devices: int) -> ScalarOutcome:
    categories = len(truth)
    errors = [share - true for share, true in zip(estimate.shares, truth, strict=True)]
    covered = sum(
        low <= true <= high for (low, high), true in zip(estimate.intervals, truth, strict=True)
    )
    return ScalarOutcome(
        devices=devices,
        truth=tuple(truth),
        estimate=estimate,
        rmse=sqrt(fsum(error * error for error in errors) / categories),
        expected_rmse=sqrt(fsum(estimate.variances) / categories),
        interval_coverage=covered / categories,
        mean_half_width=fsum(high - low for low, high in estimate.intervals) / 2 / categories,
    )


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
