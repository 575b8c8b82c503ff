from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from edgeagent.messages import Title
from edgeagent.ranking.order import id_order, in_rounds, leading, reached_by


def test_equal_scores_are_sorted_by_entity_id() -> None:
    titles = tuple(Title(entity_id=name, title="T") for name in ("c", "a", "b", "d"))
    scores = np.array([1.0, 1.0, 1.0, 2.0], dtype=np.float32)
    order = leading(scores, id_order(titles), count=4)
    assert [titles[column].entity_id for column in order] == ["d", "a", "b", "c"]
    assert leading(scores, id_order(titles), count=2).tolist() == [3, 1]


@given(st.lists(st.integers(-3, 3), max_size=60), st.sets(st.integers(0, 59)), st.integers(1, 25))
def test_the_first_of_a_full_sort_are_the_leading_ones(
    scores: list[int], chosen: set[int], count: int
) -> None:
    values, ids = np.array(scores, dtype=np.float32), np.arange(len(scores))[::-1]
    among = np.array([place in chosen for place in range(len(scores))], dtype=np.bool_)
    expected = sorted(np.flatnonzero(among).tolist(), key=lambda c: (-scores[c], ids[c]))
    assert leading(values, ids, count=count, among=among).tolist() == expected[:count]
    everything = sorted(range(len(scores)), key=lambda c: (-scores[c], ids[c]))
    assert leading(values, ids, count=count).tolist() == everything[:count]


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 90)),
        elements=st.integers(-9, 9) | st.just(-np.inf),
    ),
    st.integers(1, 12),
)
def test_as_many_as_asked_for_reach_the_bound(values: NDArray[np.float32], count: int) -> None:
    bound = reached_by(values, count=count)
    assert bound.shape == (len(values), 1)
    assert ((values >= bound).sum(axis=1) >= min(count, values.shape[1])).all()


def test_the_bound_is_the_last_value_asked_for_where_each_value_is_a_group() -> None:
    assert reached_by(np.arange(40.0)[::-1], count=10).tolist() == [30.0]


def test_few_more_than_asked_for_reach_the_bound() -> None:
    values = np.random.default_rng(5).normal(size=(20, 10_000))
    assert (values >= reached_by(values, count=90)).sum(axis=1).mean() < 1.25 * 90


def test_one_of_each_kind_comes_before_the_second_of_any() -> None:
    assert in_rounds(["War", "War", "Comedy", "War", "", "Comedy"]).tolist() == [0, 2, 4, 1, 5, 3]
    assert in_rounds([]).tolist() == []
