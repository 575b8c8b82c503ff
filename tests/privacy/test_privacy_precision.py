from __future__ import annotations

from fractions import Fraction
from math import comb, sqrt

import pytest

from edgeagent.messages.task import PERMITTED_CATEGORIES, PERMITTED_ODDS
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.precision import half_width, reports_for, standard_error
from edgeagent.privacy.subset_selection import SubsetSelection


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1, 20), Fraction(1, 2)])
@pytest.mark.parametrize("odds", PERMITTED_ODDS)
def test_the_standard_error_is_that_of_all_outcomes_counted_out(
    odds: Fraction, share: Fraction
) -> None:
    mechanism, reports = SubsetSelection(9, odds), 12
    rate = mechanism.q + share * (mechanism.p - mechanism.q)
    weights = [
        comb(reports, total) * rate**total * (1 - rate) ** (reports - total)
        for total in range(reports + 1)
    ]
    estimates = [
        (Fraction(total, reports) - mechanism.q) / (mechanism.p - mechanism.q)
        for total in range(reports + 1)
    ]
    assert sum(w * e for w, e in zip(weights, estimates, strict=True)) == share
    variance = sum(w * (e - share) ** 2 for w, e in zip(weights, estimates, strict=True))
    assert standard_error(mechanism, float(share), reports=reports) == pytest.approx(
        sqrt(variance), rel=1e-12
    )


@pytest.mark.parametrize("categories", PERMITTED_CATEGORIES)
def test_the_intervals_of_an_estimate_are_two_percent_wider_at_a_thousand_reports(
    categories: int,
) -> None:
    mechanism, reports = SubsetSelection(categories, Fraction(3)), 1000
    inside = mechanism.weight * reports // categories
    counts = [inside] * categories
    counts[0] += mechanism.weight * reports - sum(counts)
    estimate = mechanism.estimate(
        Totals(reports=reports, counts=tuple(counts), at_limit=(0,) * categories)
    )
    for value, (low, high) in zip(estimate.values, estimate.intervals, strict=True):
        theory = half_width(mechanism, value, reports=reports)
        assert (high - low) / 2 == pytest.approx(1.02 * theory, rel=0.004)


def test_a_fleet_of_the_size_planned_keeps_the_half_width_and_one_box_less_does_not() -> None:
    mechanism = SubsetSelection(33, Fraction(3))
    reports = reports_for(mechanism, 0.05, within=0.01)
    assert half_width(mechanism, 0.05, reports=reports) <= 0.01
    assert half_width(mechanism, 0.05, reports=reports - 1) > 0.01
    # A higher confidence asks for more: 2.576² / 1.960² times as many.
    more = reports_for(mechanism, 0.05, within=0.01, confidence=0.99)
    assert more / reports == pytest.approx((2.5758 / 1.9600) ** 2, rel=1e-4)
