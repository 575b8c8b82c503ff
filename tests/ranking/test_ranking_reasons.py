from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgeagent.messages import Title
from edgeagent.ranking.reasons import bias_kind, reasons_of

A, B = Title(entity_id="a", title="Alpha"), Title(entity_id="b", title="Beta")
IN_2026 = 1_780_000_000


@pytest.mark.parametrize(
    ("year", "kind"), [(2026, "new"), (2025, "new"), (2024, "popular"), (None, "popular")]
)
def test_a_title_is_new_for_two_years(year: int | None, kind: str) -> None:
    assert bias_kind(Title(entity_id="t", title="T", year=year), issued_at=IN_2026) == kind


def test_parts_are_merged_by_title_and_sorted_by_size() -> None:
    contributions = np.array([0.25, -1.0, 0.25], dtype=np.float32)
    reasons = reasons_of((A, B, A), contributions, bias=0.5, bias_is="popular", together=None)
    assert [(r.kind, r.entity_id, r.title, r.contribution, r.share_fraction) for r in reasons] == [
        ("watched", "b", "Beta", -1.0, 0.5),
        ("popular", None, "", 0.5, 0.25),
        ("watched", "a", "Alpha", 0.5, 0.25),
    ]


def test_what_titles_do_together_is_a_part_of_its_own() -> None:
    reasons = reasons_of(
        (A,), np.array([1.0], dtype=np.float32), bias=0.0, bias_is="new", together=-3.0
    )
    assert [(r.kind, r.contribution, r.share_fraction) for r in reasons] == [
        ("together", -3.0, 0.75),
        ("watched", 1.0, 0.25),
        ("new", 0.0, 0.0),
    ]


def test_without_a_history_and_a_bias_the_share_is_0_not_nan() -> None:
    (only,) = reasons_of(
        (), np.array([], dtype=np.float32), bias=0.0, bias_is="popular", together=None
    )
    assert (only.kind, only.contribution, only.share_fraction) == ("popular", 0.0, 0.0)


@given(arrays.arrays(np.float32, st.integers(0, 12), elements=st.floats(-10, 10, width=32)))
def test_merging_loses_nothing_and_shares_add_up_to_1(contributions: np.ndarray) -> None:
    watched = [A if n % 3 else B for n in range(len(contributions))]
    reasons = reasons_of(watched, contributions, bias=0.5, bias_is="popular", together=None)
    total = sum(reason.contribution for reason in reasons)
    assert total == pytest.approx(0.5 + float(contributions.astype(np.float64).sum()), abs=1e-9)
    assert sum(reason.share_fraction for reason in reasons) == pytest.approx(1.0)
