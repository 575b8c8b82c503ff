from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.messages import Title
from edgeagent.ranking.order import id_order, in_rounds, leading


def test_equal_scores_are_sorted_by_entity_id() -> None:
    titles = tuple(Title(entity_id=name, title="T") for name in ("c", "a", "b", "d"))
    scores = np.array([1.0, 1.0, 1.0, 2.0], dtype=np.float32)
    order = leading(scores, id_order(titles), count=4)
    assert [titles[column].entity_id for column in order] == ["d", "a", "b", "c"]
    assert leading(scores, id_order(titles), count=2).tolist() == [3, 1]


@given(st.lists(st.integers(-3, 3), max_size=20), st.sets(st.integers(0, 19)), st.integers(1, 25))
def test_the_first_of_a_full_sort_are_the_leading_ones(
    scores: list[int], chosen: set[int], count: int
) -> None:
    values, ids = np.array(scores, dtype=np.float32), np.arange(len(scores))[::-1]
    among = np.array([place in chosen for place in range(len(scores))], dtype=np.bool_)
    expected = sorted(np.flatnonzero(among).tolist(), key=lambda c: (-scores[c], ids[c]))
    assert leading(values, ids, count=count, among=among).tolist() == expected[:count]
    everything = sorted(range(len(scores)), key=lambda c: (-scores[c], ids[c]))
    assert leading(values, ids, count=count).tolist() == everything[:count]


def test_one_of_each_kind_comes_before_the_second_of_any() -> None:
    assert in_rounds(["War", "War", "Comedy", "War", "", "Comedy"]).tolist() == [0, 2, 4, 1, 5, 3]
    assert in_rounds([]).tolist() == []
