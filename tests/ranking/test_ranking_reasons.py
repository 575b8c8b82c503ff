from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from edgeagent.messages import Title
from edgeagent.ranking.reasons import bias_kind, largest, merge_repeats, reasons_of

A, B, C = (Title(entity_id=name[0].lower(), title=name) for name in ("Alpha", "Beta", "C"))
IN_2026 = 1_780_000_000


@pytest.mark.parametrize(
    ("year", "kind"), [(2026, "new"), (2025, "new"), (2024, "popular"), (None, "popular")]
)
def test_a_title_is_new_for_two_years(year: int | None, kind: str) -> None:
    assert bias_kind(Title(entity_id="t", title="T", year=year), issued_at=IN_2026) == kind


def test_the_viewings_of_one_title_are_one_part() -> None:
    contributions = np.array([[0.25, -1.0, 0.5], [1.0, 2.0, 3.0]], dtype=np.float32)
    titles, merged = merge_repeats(np.array([7, 2, 7]), contributions, ids=np.arange(8))
    assert titles.tolist() == [2, 7]
    assert merged.tolist() == [[-1.0, 0.75], [2.0, 4.0]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (2, 0)])
def test_nothing_merges_into_nothing(shape: tuple[int, int]) -> None:
    columns = np.arange(shape[1])
    titles, merged = merge_repeats(columns, np.zeros(shape, dtype=np.float32), ids=columns)
    assert titles.tolist() == columns.tolist()
    assert merged.shape == shape


def test_parts_are_sorted_by_size_and_equal_ones_by_entity_id() -> None:
    (reasons,) = reasons_of(
        (B, A),
        np.array([1, 0]),
        np.array([[0.5, -0.5]]),
        named=None,
        nameless=[[("popular", 1.0)]],
    )
    assert [(r.kind, r.entity_id, r.title, r.contribution, r.share_fraction) for r in reasons] == [
        ("popular", None, "", 1.0, 0.5),
        ("watched", "a", "Alpha", 0.5, 0.25),
        ("watched", "b", "Beta", -0.5, 0.25),
    ]


def test_what_titles_do_together_is_a_part_of_its_own() -> None:
    (reasons,) = reasons_of(
        (A,),
        np.arange(1),
        np.array([[1.0]]),
        named=None,
        nameless=[[("new", 0.0), ("together", -3.0)]],
    )
    assert [(r.kind, r.contribution, r.share_fraction) for r in reasons] == [
        ("together", -3.0, 0.75),
        ("watched", 1.0, 0.25),
        ("new", 0.0, 0.0),
    ]


def test_without_a_history_and_a_bias_the_share_is_0_not_nan() -> None:
    ((only,),) = reasons_of(
        (), np.arange(0), np.zeros((1, 0)), named=6, nameless=[[("popular", 0.0)]]
    )
    assert (only.kind, only.contribution, only.share_fraction) == ("popular", 0.0, 0.0)


@given(arrays.arrays(np.float32, st.integers(0, 12), elements=st.floats(-10, 10, width=32)))
def test_merging_loses_nothing_and_shares_add_up_to_1(contributions: NDArray[np.float32]) -> None:
    columns = np.arange(len(contributions)) % 3
    titles, merged = merge_repeats(columns, contributions[np.newaxis], ids=np.arange(3))
    (reasons,) = reasons_of((A, B, C), titles, merged, named=None, nameless=[[("popular", 0.5)]])
    total = sum(reason.contribution for reason in reasons)
    assert total == pytest.approx(0.5 + float(contributions.astype(np.float64).sum()), abs=1e-9)
    assert sum(reason.share_fraction for reason in reasons) == pytest.approx(1.0)


def test_only_the_largest_are_named_and_the_others_are_one_part() -> None:
    reasons, others = reasons_of(
        (A, B, C),
        np.arange(3),
        np.array([[0.25, -2.0, 0.5], [4.0, 0.0, 0.0]]),
        named=1,
        nameless=[[("popular", 1.0)], [("new", 2.0)]],
    )
    assert [(r.kind, r.title, r.contribution) for r in others] == [
        ("watched", "Alpha", 4.0),
        ("new", "", 2.0),
        ("rest", "", 0.0),
    ]
    assert [(r.kind, r.title, r.contribution) for r in reasons] == [
        ("watched", "Beta", -2.0),
        ("popular", "", 1.0),
        ("rest", "", 0.75),
    ]
    assert sum(r.share_fraction for r in reasons) == pytest.approx(1.0)


def test_there_is_no_rest_where_all_are_named() -> None:
    (reasons,) = reasons_of(
        (A, B, C), np.arange(3), np.ones((1, 3)), named=3, nameless=[[("popular", 0.0)]]
    )
    assert {r.kind for r in reasons} == {"watched", "popular"}


def test_viewings_are_merged_by_entity_id_not_by_column() -> None:
    ids = np.array([2, 0, 1])
    titles, merged = merge_repeats(
        np.array([0, 1, 2, 0]), np.array([[1.0, 2.0, 3.0, 4.0]], dtype=np.float32), ids=ids
    )
    assert titles.tolist() == [1, 2, 0]
    assert merged.tolist() == [[2.0, 3.0, 5.0]]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (1, [[1], [0]]),
        (2, [[1, 2], [0, 1]]),
        (3, [[1, 2, 0], [0, 1, 2]]),
        (9, None),
        (None, None),
    ],
)
def test_the_largest_parts_of_each_score_are_found_equal_ones_in_order(
    named: int | None, expected: list[list[int]] | None
) -> None:
    contributions = np.array([[0.25, -2.0, 0.5], [1.0, -1.0, 1.0]])
    found = [places.tolist() for places in largest(contributions, named=named)]
    assert found == (expected or [[1, 2, 0], [0, 1, 2]])


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_of_nothing_nothing_is_largest(shape: tuple[int, int]) -> None:
    assert [p.tolist() for p in largest(np.zeros(shape), named=2)] == [[]] * shape[0]
