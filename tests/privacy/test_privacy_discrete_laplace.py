"""The device's side of the second mechanism; its estimates are in test_privacy_session_counts."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import PolicyError
from edgeagent.privacy.discrete_laplace import CLIP, DiscreteLaplace, largest_epsilon
from edgeagent.privacy.randomizers import Randomizer
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, SegmentCounts
from edgeagent.testing.randomness import ScriptedRandomSource, SeededRandomSource

VECTORS = Path(__file__).parents[1] / "vectors" / "sampler_discrete_laplace.json"
CASES = json.loads(VECTORS.read_text("utf-8"))["cases"]
THREE = Fraction(3)

odds = st.fractions(min_value=Fraction(1000, 999), max_value=3, max_denominator=1000)
weeks = st.lists(st.integers(0, 9), min_size=9, max_size=9).map(tuple).map(SegmentCounts)
seeds = st.integers().map(str).map(SeededRandomSource)


def test_the_default_draws_at_1098_thousandths_and_books_three() -> None:
    mechanism = DiscreteLaplace(33, THREE)
    assert mechanism.epsilon == Fraction(1098, 1000)
    assert mechanism.odds == 3
    assert mechanism.rate == Fraction(1098, 1000) / (2 * CLIP)


@settings(deadline=None)
@given(odds)
def test_no_larger_thousandth_fits_what_is_booked(booked: Fraction) -> None:
    epsilon = largest_epsilon(booked)
    with localcontext(prec=60):
        exact = Decimal(booked.numerator) / Decimal(booked.denominator)
        step = Decimal(epsilon.numerator) / Decimal(epsilon.denominator)
        assert step.exp() <= exact < (step + Decimal("0.001")).exp()


def test_every_permitted_loss_has_a_rate() -> None:
    assert largest_epsilon(Fraction(1000, 999)) == Fraction(1, 1000)
    assert largest_epsilon(Fraction(1)) == 0


@pytest.mark.parametrize(("categories", "booked"), [(0, THREE), (9, Fraction(1))])
def test_parameters_that_make_no_mechanism_are_refused(categories: int, booked: Fraction) -> None:
    with pytest.raises(PolicyError) as caught:
        DiscreteLaplace(categories, booked)
    assert caught.value.hint


@settings(deadline=None)
@given(weeks, seeds)
def test_bounded_counts_are_a_part_of_the_week(
    week: SegmentCounts, source: SeededRandomSource
) -> None:
    bounded = DiscreteLaplace(9, THREE).bound(week, source)
    assert sum(bounded.counts) == min(CLIP, sum(week.counts))
    assert all(0 <= part <= whole for part, whole in zip(bounded.counts, week.counts, strict=True))


@settings(deadline=None)
@given(weeks, seeds)
def test_so_is_the_one_session_of_subset_selection(
    week: SegmentCounts, source: SeededRandomSource
) -> None:
    bounded = SubsetSelection(9, THREE).bound(week, source)
    assert sum(bounded.counts) == 1
    drawn = bounded.counts.index(1)
    assert week.counts[drawn] > 0 or (sum(week.counts) == 0 and drawn == 8)


def test_each_session_is_as_likely_to_be_the_one() -> None:
    week = SegmentCounts((2, 0, 3, 1, 0, 0, 0, 0, 1))
    mechanism = SubsetSelection(9, THREE)
    drawn = [mechanism.bound(week, ScriptedRandomSource([place])) for place in range(7)]
    assert tuple(map(sum, zip(*(one.counts for one in drawn), strict=True))) == week.counts


@pytest.mark.parametrize(
    ("mechanism", "counts"),
    [
        (DiscreteLaplace(9, THREE), (9, *(0,) * 8)),
        (DiscreteLaplace(9, THREE), (9, -1, *(0,) * 7)),
        (DiscreteLaplace(9, THREE), (0,) * 8),
        (SubsetSelection(9, THREE), (0,) * 9),
        (SubsetSelection(9, THREE), (1, 1, *(0,) * 7)),
        (SubsetSelection(9, THREE), (2, -1, *(0,) * 7)),
        (SubsetSelection(9, THREE), (1, *(0,) * 7)),
    ],
)
def test_noise_that_does_not_fit_is_not_added(
    mechanism: Randomizer, counts: tuple[int, ...]
) -> None:
    with pytest.raises(PolicyError):
        mechanism.privatize(BoundedCounts(counts), SeededRandomSource("x"))


@settings(deadline=None)
@given(seeds, odds)
def test_every_report_is_possible(source: SeededRandomSource, booked: Fraction) -> None:
    mechanism = DiscreteLaplace(9, booked)
    noisy = mechanism.privatize(BoundedCounts((3, 5, *(0,) * 7)), source)
    assert mechanism.is_possible(noisy.counts)


@pytest.mark.parametrize("counts", [(0,) * 8, (1000, *(0,) * 8), (-1000, *(0,) * 8)])
def test_other_counts_are_not(counts: tuple[int, ...]) -> None:
    assert not DiscreteLaplace(9, THREE).is_possible(counts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_given_integers_give_the_given_report(case: dict[str, Any]) -> None:
    source = ScriptedRandomSource(case["draws"])
    mechanism = DiscreteLaplace(
        case["categories"], Fraction(case["odds_numerator"], case["odds_denominator"])
    )
    bounded = mechanism.bound(SegmentCounts(tuple(case["week"])), source)
    assert list(bounded.counts) == case["bounded"]
    assert list(mechanism.privatize(bounded, source).counts) == case["counts"]
    assert source.bounds == case["bounds"]
    assert [mechanism.rate.numerator, mechanism.rate.denominator] == case["rate"]
