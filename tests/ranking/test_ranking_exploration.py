from __future__ import annotations

import pytest

from edgeagent.ranking.exploration import DailySource, explore
from edgeagent.testing.randomness import ScriptedRandomSource


def test_every_tenth_place_is_drawn_from_what_nearly_made_the_list() -> None:
    drawn = explore(range(25), (30, 31, 32), ScriptedRandomSource([1, 0]))
    assert drawn == {9: 31, 19: 30}


def test_a_list_of_nine_holds_no_drawn_place() -> None:
    assert explore(range(9), (30,), ScriptedRandomSource([])) == {}


def test_nothing_is_drawn_where_nothing_is_left() -> None:
    assert explore(range(20), (30,), ScriptedRandomSource([0])) == {9: 30}


def test_a_seed_decides_the_draws() -> None:
    first, second, other = DailySource(7), DailySource(7), DailySource(8)
    draws = [first.below(1000) for _ in range(5)]
    assert draws == [second.below(1000) for _ in range(5)]
    assert draws != [other.below(1000) for _ in range(5)]


@pytest.mark.parametrize("bound", [1, 2, 7])
def test_draws_reach_everything_below_the_bound(bound: int) -> None:
    source = DailySource(1)
    assert {source.below(bound) for _ in range(200)} == set(range(bound))
