from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.messages import Title
from edgeagent.ranking.order import by_score, id_order, shortlist, spread_over_genres


def _films(*genres: str) -> tuple[Title, ...]:
    return tuple(
        Title(entity_id=f"f:{n}", title="F", genres=(genre,) if genre else ())
        for n, genre in enumerate(genres)
    )


def test_equal_scores_are_sorted_by_entity_id() -> None:
    titles = tuple(Title(entity_id=name, title="T") for name in ("c", "a", "b", "d"))
    scores = np.array([1.0, 1.0, 1.0, 2.0], dtype=np.float32)
    order = by_score(np.array([0, 1, 2, 3]), scores, id_order(titles))
    assert [titles[column].entity_id for column in order] == ["d", "a", "b", "c"]


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.sets(st.integers(0, 19), min_size=1)
)
def test_order_is_falling_and_holds_exactly_the_candidates(
    scores: list[int], candidates: set[int]
) -> None:
    columns = np.array(sorted(c for c in candidates if c < len(scores)), dtype=np.intp)
    values = np.array(scores, dtype=np.float32)
    titles = _films(*[""] * len(scores))
    order = by_score(columns, values, id_order(titles))
    assert sorted(order.tolist()) == columns.tolist()
    assert (np.diff(values[order]) <= 0).all()


def test_a_household_without_a_history_sees_one_of_each_genre_first() -> None:
    titles = _films("War", "War", "Comedy", "War", "", "Comedy")
    order = np.arange(6)
    assert spread_over_genres(order, titles).tolist() == [0, 2, 4, 1, 5, 3]


def test_a_shortlist_holds_one_entry_of_a_series_and_two_of_a_franchise() -> None:
    titles = (
        Title(entity_id="s", title="S", kind="series"),
        Title(entity_id="s1", title="S1", kind="episode", series_id="s"),
        Title(entity_id="f1", title="F1", series_id="f"),
        Title(entity_id="f2", title="F2", series_id="f"),
        Title(entity_id="f3", title="F3", series_id="f"),
        Title(entity_id="x", title="X"),
    )
    order = np.array([1, 0, 4, 3, 2, 5])
    assert shortlist(order, titles, limit=10).tolist() == [1, 4, 3, 5]
    assert shortlist(order, titles, limit=2).tolist() == [1, 4]
    assert shortlist(order[:0], titles, limit=2).tolist() == []
