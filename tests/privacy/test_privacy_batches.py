"""Batches have the distribution of the box's own sampler: against its exact enumeration.

Seeds are fixed. With others, all comparisons of this file together would fail by chance once in 10⁵
runs; each planted fault fails by far more.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.batches import Reports, draw_reports, draw_subsets, totals_of
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import Randomizer, randomizer_of
from edgeagent.privacy.subset_selection import SubsetSelection
from tests.audit.branching import distribution_and_rest, exact_distribution
from tests.audit.exact import name_of, one_session

FALSE_ALARM = 1e-7  # of one comparison; there are below a hundred
BOXES = 60_000
SMALL = [
    SubsetSelection(categories, odds, weight=weight)
    for categories, odds in ((4, Fraction(3)), (5, Fraction(2)), (6, Fraction(3)))
    for weight in range(1, categories)
]

Draw = Callable[[SubsetSelection, NDArray[np.int64], np.random.Generator], Reports]


def chance(seen: NDArray[np.float64], expected: NDArray[np.float64], *, freedom: int) -> float:
    """The probability of so large a deviation: Pearson's chi-square."""
    return float(chi2.sf(((seen - expected) ** 2 / expected).sum(), freedom))


def chance_of(draw: Draw, mechanism: SubsetSelection) -> float:
    """Compare what a sampler draws for every category with what the box's own draws."""
    sessions = np.arange(BOXES) % mechanism.categories
    reports = draw(mechanism, sessions, np.random.default_rng(17))
    code = reports.astype(np.int64) @ (1 << np.arange(mechanism.categories))
    seen, expected, outputs = [], [], 0
    for category in range(mechanism.categories):
        session = one_session(category, mechanism.categories)
        exact = exact_distribution(partial(mechanism.privatize, session))
        outputs = len(exact)
        of_category = code[sessions == category]
        known = [sum(bit << place for place, bit in enumerate(o.counts)) for o in exact]
        if not np.isin(of_category, known).all():
            return 0.0
        seen += [np.count_nonzero(of_category == each) for each in known]
        expected += [float(part) * len(of_category) for part in exact.values()]
    freedom = mechanism.categories * (outputs - 1)
    return chance(np.array(seen, float), np.array(expected), freedom=freedom)


@pytest.mark.parametrize("mechanism", SMALL, ids=name_of)
def test_subsets_are_drawn_as_a_box_draws_them(mechanism: SubsetSelection) -> None:
    assert chance_of(draw_reports, mechanism) > FALSE_ALARM


def test_wrong_samplers_are_seen() -> None:
    def of(
        kept: float, singled: Callable[[NDArray[np.int64]], NDArray[np.int64]] = lambda s: s
    ) -> Draw:
        def draw(
            mechanism: SubsetSelection, sessions: NDArray[np.int64], generator: np.random.Generator
        ) -> Reports:
            return draw_subsets(
                singled(sessions),
                generator.random(len(sessions)) < float(mechanism.p) + kept,
                categories=mechanism.categories,
                weight=mechanism.weight,
                generator=generator,
            )

        return draw

    mechanism = SubsetSelection(6, Fraction(3))
    assert chance_of(of(0.0), mechanism) > FALSE_ALARM
    assert chance_of(of(0.02), mechanism) < FALSE_ALARM  # the truth is kept a little too often
    assert chance_of(of(0.0, lambda s: (s + 1) % 6), mechanism) < FALSE_ALARM  # another's answer

    def uneven(
        mechanism: SubsetSelection, sessions: NDArray[np.int64], generator: np.random.Generator
    ) -> Reports:
        reports = draw_reports(mechanism, sessions, generator)
        swapped = generator.random(len(reports)) < 0.05
        reports[swapped] = np.sort(reports[swapped], axis=1)  # the last ones more often
        return reports

    assert chance_of(uneven, mechanism) < FALSE_ALARM


def test_the_order_of_boxes_and_an_empty_batch_change_nothing() -> None:
    mechanism = SubsetSelection(33, Fraction(3))
    generator = np.random.default_rng(3)
    sessions = np.sort(generator.integers(33, size=40_000))  # more than one step of the loop
    reports = draw_reports(mechanism, sessions, generator)
    assert (np.count_nonzero(reports, axis=1) == mechanism.weight).all()
    kept = reports[np.arange(len(sessions)), sessions].mean()
    assert kept == pytest.approx(float(mechanism.p), abs=5 * 0.5 / 200)
    assert draw_reports(mechanism, np.empty(0, np.int64), generator).shape == (0, 33)


class Coarse(DiscreteLaplace):
    """The same code at a rate whose branches are few enough to follow nearly all."""

    rate = Fraction(1)


class Coarser(DiscreteLaplace):
    rate = Fraction(21, 20)


@cache
def exact_noise() -> tuple[dict[int, Fraction], Fraction]:
    """What is certain of the chances of the box's own noise, and the weight of what is not."""
    distribution, rest = distribution_and_rest(
        partial(Coarse(1, Fraction(3)).privatize, one_session(0, 1)), least=Fraction(1, 10**6)
    )
    return {noisy.counts[0] - 1: part for noisy, part in distribution.items()}, rest


def chance_of_noise(mechanism: DiscreteLaplace) -> float:
    """The smallest probability, over all values, of a count as far outside its bounds."""
    reports = draw_reports(mechanism, np.zeros(20_000, np.int64), np.random.default_rng(4))
    noise = np.array(reports, dtype=np.int64)
    noise[:, 0] -= 1
    exact, rest = exact_noise()
    assert rest < Fraction(3, 1000)
    chances = []
    for value, low in exact.items():
        seen = np.count_nonzero(noise == value)
        chances += [
            binom.cdf(seen, noise.size, float(low)),
            binom.sf(seen - 1, noise.size, float(low + rest)),
        ]
    return float(min(chances))


def test_noise_is_drawn_as_a_box_draws_it() -> None:
    assert chance_of_noise(Coarse(5, Fraction(3))) > FALSE_ALARM
    assert chance_of_noise(Coarser(5, Fraction(3))) < FALSE_ALARM  # a twentieth less noise


def test_noise_of_one_category_says_nothing_of_another() -> None:
    mechanism = DiscreteLaplace(4, Fraction(3))
    reports = draw_reports(mechanism, np.full(40_000, 2), np.random.default_rng(5))
    correlation = np.corrcoef(reports.T.astype(float)) - np.eye(4)
    assert np.abs(correlation).max() < 5 / 200


def test_counts_stay_within_the_clamp_and_sums_are_those_of_a_server() -> None:
    reports = np.array([[COUNT_LIMIT, 0, -5], [COUNT_LIMIT, 2, -COUNT_LIMIT]], dtype=np.int16)
    assert totals_of(reports) == Totals.of(reports.tolist(), categories=3)
    wide = DiscreteLaplace(2, Fraction(101, 100))
    drawn = draw_reports(wide, np.zeros(500, np.int64), np.random.default_rng(6))
    assert drawn.min() == -COUNT_LIMIT
    assert drawn.max() == COUNT_LIMIT
    assert totals_of(drawn) == Totals.of(drawn.tolist(), categories=2)
    bits = draw_reports(SMALL[0], np.zeros(500, np.int64), np.random.default_rng(6))
    assert totals_of(bits) == Totals.of(bits.astype(int).tolist(), categories=4)


def test_sums_add_up() -> None:
    parts = [[[1, 0, COUNT_LIMIT]], [[2, -COUNT_LIMIT, 0], [0, 0, 1]]]
    whole = sum((Totals.of(part, categories=3) for part in parts), start=Totals.none(categories=3))
    assert whole == Totals.of([*parts[0], *parts[1]], categories=3)


def test_a_mechanism_without_batches_is_refused() -> None:
    class Other(SubsetSelection):
        pass

    class Foreign:
        categories, odds, most_sessions = 4, Fraction(3), 1

    generator = np.random.default_rng(1)
    assert draw_reports(Other(4, Fraction(3)), np.zeros(3, int), generator).shape == (3, 4)
    with pytest.raises(TypeError, match="Foreign"):
        draw_reports(Foreign(), np.zeros(3, int), generator)  # type: ignore[arg-type]


def test_a_mechanism_is_found_by_name() -> None:
    found: Randomizer = randomizer_of("subset_selection", 33, Fraction(3))
    assert isinstance(found, SubsetSelection)
    assert isinstance(randomizer_of("discrete_laplace", 33, Fraction(3)), DiscreteLaplace)
