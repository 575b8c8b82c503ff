from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.page.drawing import Scale, band, line, nice_step

HIGH = st.floats(1e-4, 1e4)


@given(high=HIGH, value=st.floats(-2e4, 2e4))
def test_a_position_is_never_outside(high: float, value: float) -> None:
    scale = Scale(low=0, high=high, begin=300, end=10)
    assert 10 <= scale(value) <= 300
    assert (scale(-1), scale(high)) == (300, 10)


@given(high=HIGH)
def test_ticks_are_few_round_and_inside(high: float) -> None:
    ticks = Scale(low=0, high=high, begin=0, end=1).ticks()
    assert 2 <= len(ticks) <= 7
    assert ticks[0] == 0
    assert ticks[-1] <= high * (1 + 1e-9)
    steps = {round(b - a, 10) for a, b in pairwise(ticks)}
    assert max(steps) == pytest.approx(min(steps))


@pytest.mark.parametrize(
    ("least", "step"), [(1, 1), (1.1, 2), (3, 5), (6, 10), (0.012, 0.02), (49, 50), (0.1, 0.1)]
)
def test_steps_are_one_two_five(least: float, step: float) -> None:
    assert nice_step(least) == pytest.approx(step)


def test_a_step_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        nice_step(0)


def test_paths() -> None:
    assert line([(0, 1.5), (10, 2)]) == "M0 1.5L10 2"
    assert band([(0, 1), (5, 1)], [(0, 3), (5, 4)]) == "M0 1L5 1L5 4L0 3Z"
