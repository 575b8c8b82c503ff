"""The server's side of discrete Laplace: the distribution of noise sums, and means against truth.

Fixed seeds. A rerun with others would be wrongly red less than once in 10⁵ runs (5 standard errors,
or an exact binomial tail).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import exp, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import InputError
from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.additive_noise import noise_half_width, noise_variance
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.estimation import Estimate, Totals, each_of
from edgeagent.privacy.values import BoundedCounts
from edgeagent.testing.randomness import SeededRandomSource

THREE = Fraction(3)
TRUTH = (3, 0, 1, 0, 0, 2, 0, 1)


def convolved(ratio: float, draws: int, *, reach: int) -> list[float]:
    """The distribution of a sum of draws on [−reach, reach], by convolution."""
    one = [(1 - ratio) / (1 + ratio) * ratio ** abs(value) for value in range(-reach, reach + 1)]
    total = one
    for _ in range(draws - 1):
        total = [
            sum(
                total[here] * one[place - here + reach]
                for here in range(max(0, place - reach), min(2 * reach, place + reach) + 1)
            )
            for place in range(2 * reach + 1)
        ]
    return total


@pytest.mark.parametrize(("ratio", "draws"), [(0.5, 1), (0.5, 4), (0.8, 2), (0.2, 3)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_the_half_width_is_that_of_the_exact_distribution(
    ratio: float, draws: int, confidence: float
) -> None:
    reach = 80
    chances = convolved(ratio, draws, reach=reach)
    inside = [sum(chances[reach - size : reach + size + 1]) for size in range(reach)]
    expected = next(size for size, chance in enumerate(inside) if chance >= confidence)
    assert noise_half_width(ratio, draws, confidence=confidence) == expected


def test_for_many_draws_it_is_that_of_the_normal_distribution() -> None:
    ratio = exp(-0.068625)
    width = noise_half_width(ratio, 100_000, confidence=0.95)
    assert width == pytest.approx(1.959964 * sqrt(100_000 * noise_variance(ratio)), rel=1e-3)


def test_the_variance_is_that_of_the_distribution() -> None:
    chances = convolved(0.5, 1, reach=80)
    assert noise_variance(0.5) == pytest.approx(
        sum(chance * (place - 80) ** 2 for place, chance in enumerate(chances))
    )


def reports(mechanism: DiscreteLaplace, number: int, *, seed: str) -> Iterator[Sequence[int]]:
    source = SeededRandomSource(seed)
    for _ in range(number):
        yield mechanism.privatize(BoundedCounts(TRUTH), source).counts


def estimate(odds: Fraction, number: int, *, seed: str) -> Estimate:
    mechanism = DiscreteLaplace(8, odds)
    return mechanism.estimate(Totals.of(reports(mechanism, number, seed=seed), categories=8))


def test_means_are_unbiased_and_their_intervals_hold_them() -> None:
    rounds = [estimate(THREE, 100, seed=f"round {n}") for n in range(60)]
    errors = [
        (mean - true) / sqrt(variance)
        for one in rounds
        for mean, true, variance in zip(one.values, TRUTH, one.variances, strict=True)
    ]
    assert abs(sum(errors)) < 5 * sqrt(len(errors))
    assert sum(error**2 for error in errors) / len(errors) == pytest.approx(1, abs=0.35)
    covered = sum(
        low <= true <= high
        for one in rounds
        for (low, high), true in zip(one.intervals, TRUTH, strict=True)
    )
    assert 0.91 < covered / len(errors) < 0.985


def test_what_the_clamp_cuts_off_is_put_back() -> None:
    # At e^ε = 1000/999 the noise has a mean size of 16,000: nearly every count is clamped.
    mechanism = DiscreteLaplace(8, Fraction(1000, 999))
    totals = Totals.of(reports(mechanism, 3000, seed="clamped"), categories=8)
    one = mechanism.estimate(totals)
    beyond = mechanism.ratio / (1 - mechanism.ratio)
    assert beyond == pytest.approx(15_999.5)
    for mean, true, variance in zip(one.values, TRUTH, one.variances, strict=True):
        assert abs(mean - true) < 5 * sqrt(variance)
    without = [total / 3000 for total in totals.counts]
    assert max(abs(value) for value in without) < 60 < max(abs(value) for value in one.values)


def test_clamped_means_are_exact_in_expectation() -> None:
    """Over the whole distribution, not by sampling: E[estimate] is the true count."""
    mechanism = DiscreteLaplace(1, Fraction(11, 10))
    ratio, limit = mechanism.ratio, COUNT_LIMIT
    beyond = ratio / (1 - ratio)
    for true in (0, 3, 8):
        mean = 0.0
        for noise in range(-60_000, 60_001):
            noisy = max(-limit, min(true + noise, limit))
            net = (noisy >= limit) - (noisy <= -limit)
            mean += (1 - ratio) / (1 + ratio) * ratio ** abs(noise) * (noisy + net * beyond)
        assert mean == pytest.approx(true, abs=1e-6)


def test_shares_are_the_ratio_of_the_means() -> None:
    mechanism = DiscreteLaplace(8, THREE)
    totals = Totals(reports=10, counts=(60, 20, *(0,) * 6), at_limit=(0,) * 8)
    assert mechanism.estimate(totals).shares == pytest.approx((0.75, 0.25, *(0.0,) * 6))
    nothing = Totals(reports=10, counts=(-60, 20, *(0,) * 6), at_limit=(0,) * 8)
    assert mechanism.estimate(nothing).shares == (0.0,) * 8


@pytest.mark.parametrize(
    "totals",
    [
        Totals(reports=0, counts=(0,) * 8, at_limit=(0,) * 8),
        Totals(reports=1, counts=(0,) * 7, at_limit=(0,) * 8),
        Totals(reports=1, counts=(0,) * 8, at_limit=(0,) * 7),
        Totals(reports=1, counts=(1000, *(0,) * 7), at_limit=(0,) * 8),
        Totals(reports=1, counts=(0,) * 8, at_limit=(-2, *(0,) * 7)),
    ],
    ids=["no reports", "a count too few", "a limit too few", "beyond the clamp", "too often there"],
)
def test_totals_that_no_reports_add_up_to_are_refused(totals: Totals) -> None:
    with pytest.raises(InputError, match="cannot add up") as caught:
        DiscreteLaplace(8, THREE).estimate(totals)
    assert caught.value.hint


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-999, 999), min_size=3, max_size=3), max_size=20))
def test_totals_are_sums(given_reports: list[list[int]]) -> None:
    totals = Totals.of(given_reports, categories=3)
    assert totals.reports == len(given_reports)
    for category in range(3):
        column = [report[category] for report in given_reports]
        assert totals.counts[category] == sum(column)
        assert totals.at_limit[category] == column.count(999) - column.count(-999)


def test_joint_confidence_divides_what_is_left_over() -> None:
    assert each_of(1, confidence=0.95) == pytest.approx(0.95)
    assert each_of(33, confidence=0.95) == pytest.approx(1 - 0.05 / 33)
    widths = [
        noise_half_width(0.9, 50, confidence=each_of(intervals, confidence=0.95))
        for intervals in (1, 8, 33)
    ]
    assert all(narrow < wide for narrow, wide in pairwise(widths))
