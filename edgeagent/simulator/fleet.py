"""A virtual fleet: many boxes' reports through the real randomiser and the real estimator.

Each virtual box draws its true category from the mix of the real boxes' sessions. That mix is the
truth that the intervals are held against, not the realised draw: sampling the boxes is a part of
the error that a programmer in a media company faces.
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

__all__ = ["FleetOutcome", "coverage_is_credible", "run_fleet"]

_PROGRESS_EVERY = 2000
_COVERAGE = Fraction(95, 100)
_CHANCE = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutcome:
    """What the estimator made of the fleet, beside the truth."""

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
) -> FleetOutcome:
    """Send ``devices`` virtual reports through randomiser and estimator.

    Args:
        task: the mechanism and its parameters.
        truth: [S'] shares that sum to one.
        devices: how many virtual boxes.
        seed: reaches the truth each box draws, and its noise.
        advance: told how many more boxes are done.

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


def _judge(estimate: Estimate, truth: list[float], devices: int) -> FleetOutcome:
    categories = len(truth)
    errors = [share - true for share, true in zip(estimate.shares, truth, strict=True)]
    covered = sum(
        low <= true <= high for (low, high), true in zip(estimate.intervals, truth, strict=True)
    )
    return FleetOutcome(
        devices=devices,
        truth=tuple(truth),
        estimate=estimate,
        rmse=sqrt(fsum(error * error for error in errors) / categories),
        expected_rmse=sqrt(fsum(estimate.variances) / categories),
        interval_coverage=covered / categories,
        mean_half_width=fsum(high - low for low, high in estimate.intervals) / 2 / categories,
    )


def coverage_is_credible(covered: int, categories: int) -> bool:
    """Say whether chance explains this few covered intervals at least once in a million runs.

    The number of covered intervals is taken as binomial with the nominal 95 %; shares that sum to
    one are weakly negatively correlated, which makes few covered ones rarer still.
    """
    tail = sum(
        comb(categories, k) * _COVERAGE**k * (1 - _COVERAGE) ** (categories - k)
        for k in range(covered + 1)
    )
    return tail >= _CHANCE
