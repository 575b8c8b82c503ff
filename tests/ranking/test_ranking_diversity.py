from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgeagent.ranking.diversity import Spread, pool_size, relevance_part, spread

EAST, NORTH, NOWHERE = [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]


def _spread(
    scores: list[float],
    embeddings: list[list[float]],
    *,
    part: float = 0.5,
    limit: int = 10,
    series: list[int] | None = None,
    franchises: list[int] | None = None,
) -> Spread:
    alone = list(range(len(scores)))
    return spread(
        np.array(scores, dtype=np.float32),
        np.array(embeddings, dtype=np.float32).reshape(len(scores), 2),
        series=np.array(series or alone, dtype=np.int32),
        franchises=np.array(franchises or [100 + n for n in alone], dtype=np.int32),
        limit=limit,
        relevance_part=part,
    )


def test_a_near_duplicate_gives_way_to_something_different() -> None:
    found = _spread([1.0, 0.99, 0.6, 0.0], [EAST, EAST, NORTH, EAST])
    assert found.chosen == [0, 2, 1, 3]
    assert found.spare == []


def test_with_all_the_weight_on_relevance_the_order_stays() -> None:
    assert _spread([1.0, 0.99, 0.6, 0.0], [EAST, EAST, NORTH, EAST], part=1.0).chosen == [
        0,
        1,
        2,
        3,
    ]


def test_opposites_are_not_more_different_than_strangers() -> None:
    found = _spread([1.0, 0.5, 0.5], [EAST, NORTH, [-1.0, 0.0]])
    assert found.chosen == [0, 1, 2]


def test_a_series_has_one_place_and_a_franchise_two() -> None:
    found = _spread(
        [1.0, 0.9, 0.8, 0.7, 0.6, 0.5],
        [NOWHERE] * 6,
        part=1.0,
        series=[0, 0, 1, 2, 3, 4],
        franchises=[10, 11, 12, 12, 12, 13],
    )
    assert found.chosen == [0, 2, 3, 5]
    assert found.spare == []


def test_the_second_of_a_franchise_waits_for_something_else() -> None:
    found = _spread([1.0, 0.9, 0.3, 0.0], [NOWHERE] * 4, franchises=[10, 10, 11, 12], limit=3)
    assert found.chosen == [0, 2, 3]
    assert found.spare == [1]


def test_what_could_have_been_chosen_is_spare() -> None:
    assert _spread([1.0, 0.9, 0.8], [NOWHERE] * 3, limit=1).spare == [1, 2]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_equal_scores_keep_their_order(count: int) -> None:
    assert _spread([0.5] * count, [NOWHERE] * count).chosen == list(range(count))


def test_the_less_is_known_the_more_a_list_is_spread() -> None:
    assert relevance_part(4) > relevance_part(3) == relevance_part(1)
    assert relevance_part(0) == 1.0
    assert pool_size(10) == 90


@given(st.lists(st.tuples(st.floats(0, 1, width=16), st.integers(0, 3)), max_size=12))
def test_nothing_is_chosen_twice_and_nothing_is_lost(drawn: list[tuple[float, int]]) -> None:
    scores = sorted((score for score, _ in drawn), reverse=True)
    angles: NDArray[np.float64] = np.array([turn for _, turn in drawn]) * np.pi / 2
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).tolist()
    found = _spread(scores, vectors, limit=5)
    assert len(found.chosen) == min(5, len(drawn))
    assert sorted(found.chosen + found.spare) == list(range(len(drawn)))
