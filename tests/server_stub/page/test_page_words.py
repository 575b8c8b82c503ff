from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.clock import quarter_of, week_of, week_start
from server_stub.aggregation.changes import SegmentChange
from server_stub.page.words import (
    Unit,
    day,
    difference,
    figure,
    interval,
    moment,
    points,
    quarter_months,
    week_name,
    whole_of,
)

SHARE = st.floats(-0.2, 1.2)


@pytest.mark.parametrize(
    ("low", "high", "whole", "words"),
    [
        (0.061, 0.079, 100, "between 6 and 8 of 100 sessions"),
        (0.06, 0.08, 100, "between 6 and 8 of 100 sessions"),
        (0.0571, 0.0639, 1000, "between 57 and 64 of 1,000 sessions"),
        (-0.01, 0.017, 100, "at most 2 of 100 sessions"),
        (-0.03, -0.01, 100, "hardly any of 100 sessions"),
        (0.02, 0.02, 100, "2 of 100 sessions"),
        (1.01, 1.04, 100, "100 of 100 sessions"),
        (0.97, 1.04, 100, "between 97 and 100 of 100 sessions"),
    ],
)
def test_an_interval_of_shares_in_words(low: float, high: float, whole: int, words: str) -> None:
    assert interval(low, high, "share", whole=whole) == words


@given(first=SHARE, second=SHARE, whole=st.sampled_from([100, 1000]))
def test_words_never_say_less_than_the_interval(first: float, second: float, whole: int) -> None:
    low, high = min(first, second), max(first, second)
    said = interval(low, high, "share", whole=whole)
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", said)][:-1]
    least, most = (numbers * 2)[:2] if numbers else (0, 0)
    if said.startswith("at most"):
        least = 0
    assert least / whole <= min(max(low, 0), 1) + 1e-6
    assert most / whole >= min(max(high, 0), 1) - 1e-6


def test_what_is_known_to_half_a_point_is_told_in_thousands() -> None:
    assert [whole_of(half_width) for half_width in (0.005, 0.01, 0.03)] == [1000, 100, 100]


def test_sessions_and_figures() -> None:
    assert interval(-0.1, 0.36, "sessions", whole=100) == (
        "between 0.00 and 0.36 sessions a box and week"
    )
    assert figure(0.0604, "share") == "6.0 %"
    assert figure(-0.0004, "share") == "0.0 %"
    assert figure(-0.004, "share") == "−0.4 %"
    assert figure(0.3, "sessions") == "0.30"
    assert points(0.0037, "share") == "± 0.4 points"
    assert points(0.2, "sessions") == "± 0.20 sessions"


@pytest.mark.parametrize(
    ("low", "high", "unit", "words"),
    [
        (0.024, 0.033, "share", "2.4 to 3.3 points"),
        (-0.033, -0.024, "share", "2.4 to 3.3 points"),
        (0.1, 0.25, "sessions", "0.10 to 0.25 sessions"),
    ],
)
def test_a_difference_whose_direction_is_certain(
    low: float, high: float, unit: Unit, words: str
) -> None:
    change = SegmentChange(
        category=1,
        name="",
        before=0.1,
        after=0.1,
        difference=(low + high) / 2,
        low=low,
        high=high,
        p_value=0.0,
        adjusted_p_value=0.0,
        verdict="changed",
    )
    assert difference(change, unit) == words


def test_days_weeks_and_quarters() -> None:
    assert day(1_764_460_800) == "30 November 2025"
    assert moment(1_764_460_800 + 3661) == "30 November 2025, 01:01 UTC"
    week = week_of(1_764_460_800)
    assert week_name(week) == "24–30 November"
    assert week_name(week + 5) == "29 December – 4 January"
    assert quarter_months(quarter_of(week)) == "October to December 2025"
    assert quarter_months(0) == "January to March 1970"
    assert week_start(week) < 1_764_460_800
