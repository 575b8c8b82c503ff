from __future__ import annotations

from fractions import Fraction

import pytest

from edgeagent.simulator.fleet.scalar import coverage_is_credible, run_fleet
from tests.services.conftest import task


@pytest.mark.parametrize(("covered", "credible"), [(33, True), (31, True), (24, True), (20, False)])
def test_coverage_is_refused_only_where_chance_is_no_excuse(covered: int, credible: bool) -> None:
    assert coverage_is_credible(covered, 33) is credible


def test_a_fleet_is_estimated_near_its_truth_and_repeats_for_a_seed() -> None:
    truth = (Fraction(1, 2), Fraction(1, 4), *[Fraction(0)] * 30, Fraction(1, 4))
    steps: list[int] = []
    first = run_fleet(task(), truth, devices=4000, seed=5, advance=steps.append)
    again = run_fleet(task(), truth, devices=4000, seed=5, advance=steps.append)
    assert first == again
    assert sum(steps) == 8000
    assert first.rmse < 2 * first.expected_rmse
    assert abs(first.estimate.shares[0] - 0.5) < 5 * first.expected_rmse
    assert sum(first.estimate.shares) == pytest.approx(1)


def test_other_noise_for_another_seed() -> None:
    truth = (Fraction(1), *[Fraction(0)] * 32)
    fleets = [run_fleet(task(), truth, devices=500, seed=s, advance=lambda _: None) for s in (1, 2)]
    assert fleets[0].estimate != fleets[1].estimate
