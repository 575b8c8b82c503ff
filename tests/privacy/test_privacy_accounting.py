from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import PolicyError
from edgeagent.privacy.accounting import Debit, Limits, check_debit, epsilon, most_spent, spent

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger_debits.json"
CASES = json.loads(VECTORS.read_text("utf-8"))["cases"]

factors = st.fractions(min_value=Fraction(1001, 1000), max_value=3, max_denominator=1000)


def debit(week: int, factor: str | Fraction | int = 3) -> Debit:
    return Debit(week=week, odds=Fraction(factor))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_ledgers_from_the_vectors(case: dict[str, Any]) -> None:
    *booked, new = [
        debit(week, Fraction(numerator, denominator))
        for week, numerator, denominator in [*case["booked"], case["new"]]
    ]
    if case["allowed"]:
        check_debit(booked, new)
    else:
        with pytest.raises(PolicyError) as caught:
            check_debit(booked, new)
        assert caught.value.exit_code == 8


def test_factors_multiply() -> None:
    booked = [debit(10), debit(23, "3/2"), debit(36, 2)]
    assert spent(booked, last_week=36) == 9
    assert spent(booked, last_week=35) == Fraction(9, 2)


def test_nothing_booked_costs_nothing() -> None:
    assert spent([], last_week=100) == 1


def test_a_span_holds_its_last_week_and_not_the_one_before_its_first() -> None:
    assert spent([debit(48)], last_week=99) == 3
    assert spent([debit(48)], last_week=100) == 1
    assert spent([debit(48)], last_week=47) == 1
    assert spent([debit(48)], last_week=50, weeks=2) == 1


def test_the_dearest_year_is_found_wherever_it_lies() -> None:
    assert most_spent([]) == 1
    close = [debit(week) for week in (100, 113, 126, 139, 151)]
    assert most_spent([debit(0), *close, debit(400)]) == 3**5
    assert most_spent([debit(week) for week in (0, 13, 26, 39, 52, 65)]) == 81


def test_the_loss_is_a_logarithm_for_display() -> None:
    assert epsilon(Fraction(81)) == pytest.approx(4 * log(3))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), factors), max_size=60), st.integers(0, 400))
def test_no_accepted_ledger_spends_more_than_a_year_allows(
    wishes: list[tuple[int, Fraction]], last_week: int
) -> None:
    booked: list[Debit] = []
    for week, factor in wishes:
        new = Debit(week=week, odds=factor)
        try:
            check_debit(booked, new)
        except PolicyError:
            continue
        booked.append(new)
    weeks = sorted(entry.week for entry in booked)
    assert all(later - earlier >= 13 for earlier, later in pairwise(weeks))
    assert spent(booked, last_week=last_week) <= 81


@settings(deadline=None)
@given(st.permutations([debit(0), debit(13, 2), debit(26, "5/4"), debit(60)]))
def test_order_does_not_matter(booked: list[Debit]) -> None:
    assert spent(booked, last_week=26) == Fraction(15, 2)
    check_debit(booked, debit(39))


@pytest.mark.parametrize(
    "looser", [{"max_odds": Fraction(4)}, {"max_odds": Fraction(1)}, {"spacing_weeks": 12}]
)
def test_limits_are_never_looser_than_compiled_in(looser: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="within the compiled"):
        Limits(**looser)
