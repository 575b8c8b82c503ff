from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.randomness import RandomSource
from tests.audit.branching import exact_distribution
from tests.audit.exact import (
    Sampler,
    chance_of_truth,
    draws,
    largest_ratio,
    mechanisms,
    one_session,
    permitted,
)
from tests.audit.mutants import (
    RATIO_MUTANTS,
    BiasedShuffle,
    NeverTheNeighbour,
    OneFewerThanItClaims,
    OneMoreThanItClaims,
    TruthNowAndThen,
    WrongOdds,
)


def test_every_branch_is_taken_once() -> None:
    def two_draws(source: RandomSource) -> tuple[int, int]:
        first = source.below(3)
        return first, source.below(first + 1)

    assert exact_distribution(two_draws) == {
        (0, 0): Fraction(1, 3),
        (1, 0): Fraction(1, 6),
        (1, 1): Fraction(1, 6),
        (2, 0): Fraction(1, 9),
        (2, 1): Fraction(1, 9),
        (2, 2): Fraction(1, 9),
    }


def test_a_sampler_that_draws_nothing_is_certain() -> None:
    assert exact_distribution(lambda _source: "sure") == {"sure": Fraction(1)}


@pytest.mark.parametrize("categories", range(2, 8))
def test_the_largest_ratio_equals_e_to_the_epsilon(categories: int) -> None:
    for weight in range(1, categories):
        mechanism = SubsetSelection(categories, Fraction(3), weight=weight)
        assert largest_ratio(mechanism, categories) == 3


@pytest.mark.parametrize("odds", [Fraction(2), Fraction(3, 2), Fraction(11, 10)])
def test_it_does_so_at_other_odds(odds: Fraction) -> None:
    for mechanism in mechanisms(odds, up_to=5):
        assert largest_ratio(mechanism, mechanism.categories) == odds


def test_outputs_have_the_chances_of_the_formula() -> None:
    mechanism = SubsetSelection(6, Fraction(3), weight=2)
    distribution = exact_distribution(
        lambda source: mechanism.privatize(one_session(4, 6), source).counts
    )
    for counts, chance in distribution.items():
        assert sum(counts) == 2
        sets_like_it = 5 if counts[4] else 10  # C(5, 1) with the truth, C(5, 2) without
        assert chance == (mechanism.p if counts[4] else 1 - mechanism.p) / sets_like_it
    assert len(distribution) == 15


def test_each_other_category_is_reported_with_chance_q() -> None:
    mechanism = SubsetSelection(6, Fraction(5, 2), weight=3)
    distribution = exact_distribution(
        lambda source: mechanism.privatize(one_session(1, 6), source).counts
    )
    for other in (0, 2, 3, 4, 5):
        assert sum(c for counts, c in distribution.items() if counts[other]) == mechanism.q


@pytest.mark.deep
def test_the_first_draw_is_exactly_p_for_all_that_is_permitted() -> None:
    for mechanism in permitted():
        assert chance_of_truth(mechanism, mechanism.categories - 1) == mechanism.p


def test_the_draws_do_not_depend_on_the_truth() -> None:
    for mechanism in permitted([Fraction(3)]):
        size, weight = mechanism.categories, mechanism.weight
        expected = [mechanism.p.denominator, *range(size - 1, size - 1 - weight, -1)]
        for category in (0, size // 2, size - 1):
            for first in (0, mechanism.p.denominator - 1):
                assert draws(mechanism, category, first) == expected


@pytest.mark.parametrize("mutant", RATIO_MUTANTS)
@pytest.mark.parametrize(("categories", "weight"), [(4, 2), (5, 2)])
def test_planted_faults_are_caught(
    mutant: Callable[[SubsetSelection], Sampler], categories: int, weight: int
) -> None:
    claimed = SubsetSelection(categories, Fraction(3), weight=weight)
    assert largest_ratio(mutant(claimed), categories) != 3


def test_the_faults_differ_as_their_names_say() -> None:
    claimed = SubsetSelection(5, Fraction(3), weight=2)
    ratios = {mutant: largest_ratio(mutant(claimed), 5) for mutant in RATIO_MUTANTS}
    assert ratios[WrongOdds] == Fraction(31, 10)
    assert ratios[NeverTheNeighbour] is None
    assert ratios[OneMoreThanItClaims] == Fraction(4, 3)  # less than claimed: wrong, not leaking
    for mutant in (OneFewerThanItClaims, BiasedShuffle, TruthNowAndThen):
        ratio = ratios[mutant]
        assert ratio is not None
        assert ratio > 3


def test_the_weight_check_of_the_server_catches_a_consistent_other_weight() -> None:
    agreed = SubsetSelection(33, Fraction(3))
    other = SubsetSelection(33, Fraction(3), weight=agreed.weight + 1)

    class Zeros:
        def below(self, bound: int) -> int:
            del bound
            return 0

    assert agreed.is_possible(agreed.privatize(one_session(0, 33), Zeros()).counts)
    assert not agreed.is_possible(other.privatize(one_session(0, 33), Zeros()).counts)
