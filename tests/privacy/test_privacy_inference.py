from __future__ import annotations

from fractions import Fraction
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.errors import InputError
from edgeagent.messages import Report
from edgeagent.privacy.inference import (
    checked_prior,
    evidence,
    largest_posterior,
    posterior,
    uniform_prior,
)
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts
from tests.audit.branching import exact_distribution

SUBSET = "subset_selection.8.3-1.1"
LAPLACE = "discrete_laplace.8.3-1.1"


def report(*counts: int, task: str = SUBSET) -> Report:
    return Report(report_id="0" * 32, task=task, week=2960, counts=counts)


def test_bayes_agrees_with_the_sampler_itself() -> None:
    mechanism = SubsetSelection(8, Fraction(3))
    chances = [
        exact_distribution(
            lambda source, category=category: (
                mechanism.privatize(  # type: ignore[misc]  # bound now
                    BoundedCounts.single(category, categories=8), source
                ).counts
            )
        )
        for category in range(8)
    ]
    prior = (0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
    for counts in chances[0]:
        joint = [
            share * float(chance[counts]) for share, chance in zip(prior, chances, strict=True)
        ]
        expected = [part / sum(joint) for part in joint]
        assert posterior(prior, [report(*counts)]) == pytest.approx(expected)


def test_reports_add_up() -> None:
    once = report(1, 1, 0, 0, 0, 0, 0, 0)
    after = posterior(uniform_prior(8), [once, once])
    assert after[0] / after[2] == pytest.approx(9)
    assert sum(after) == pytest.approx(1)


def test_no_report_changes_nothing() -> None:
    assert posterior(uniform_prior(8), []) == pytest.approx((1 / 8,) * 8)


def test_every_python_sums_alike() -> None:
    # Added one after the other, as before Python 3.12, ten tenths are less than one.
    assert posterior(uniform_prior(10), []) == uniform_prior(10)


@given(st.lists(st.integers(-999, 999), min_size=8, max_size=8))
def test_laplace_evidence_stays_within_what_was_booked(counts: list[int]) -> None:
    told = evidence(report(*counts, task=LAPLACE))
    assert max(told) - min(told) <= log(3)


def test_laplace_evidence_speaks_for_large_counts() -> None:
    told = evidence(report(9, 0, 0, 0, 0, 0, 0, -9, task=LAPLACE))
    assert told[0] == pytest.approx(1.098 / 2)
    assert told[1] == told[7] == -told[0]


@given(
    st.fractions(Fraction(1, 1000), Fraction(999, 1000)),
    st.lists(st.lists(st.integers(0, 1), min_size=8, max_size=8), max_size=4),
)
def test_no_answers_pass_the_bound(share: Fraction, answers: list[list[int]]) -> None:
    prior = (float(share), *((1 - float(share)) / 7,) * 7)
    after = posterior(prior, [report(*counts) for counts in answers])
    assert after[0] <= largest_posterior(prior[0], Fraction(3) ** len(answers)) + 1e-12


def test_the_bound_is_reached() -> None:
    prior = (0.5, *(0.5 / 7,) * 7)
    only = posterior(prior, [report(1, 0, 0, 0, 0, 0, 0, 0)])
    assert only[0] == pytest.approx(largest_posterior(0.5, Fraction(3)))
    assert exp(evidence(report(1, 0, 0, 0, 0, 0, 0, 0))[0]) == pytest.approx(3)


def test_a_prior_is_checked() -> None:
    assert checked_prior([0.5, 0.5], 2) == (0.5, 0.5)


@pytest.mark.parametrize("shares", [[1.0], [0.5, 0.6], [1.5, -0.5], [0.5, float("nan")]])
def test_what_is_no_prior_is_refused(shares: list[float]) -> None:
    with pytest.raises(InputError, match="2 shares"):
        checked_prior(shares, 2)
