"""A change is stated where there is one, and where there is none nearly never."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from edgeagent.errors import InputError
from edgeagent.messages import ReportTask, Segmenter
from edgeagent.privacy.estimation import Totals
from server_stub.aggregation.aggregator import WindowSums
from server_stub.aggregation.changes import AudienceChange, adjusted, changes_in
from server_stub.aggregation.publication import AudienceEstimate, estimate_windows
from tests.server_stub.aggregation.given_sums import drawn_totals
from tests.server_stub.loopback import make_task, reference

EVEN = (1 / 9,) * 9
MOVED = (1 / 9 + 0.08, 1 / 9 - 0.08, *EVEN[2:])


def estimated(totals: Totals, task: ReportTask) -> AudienceEstimate:
    return estimate_windows((WindowSums(week=7, totals=totals),), task)


def quarters(
    *shares: Sequence[float], seed: int, mechanism: str = "subset_selection", boxes: int = 6000
) -> list[AudienceEstimate]:
    generator = np.random.default_rng(seed)
    tasks = [make_task(epoch=226 + number, mechanism=mechanism) for number in range(len(shares))]
    return [
        estimated(drawn_totals(task, chances, boxes=boxes, generator=generator), task)
        for task, chances in zip(tasks, shares, strict=True)
    ]


def compared(
    *shares: Sequence[float], seed: int, mechanism: str = "subset_selection", boxes: int = 6000
) -> tuple[AudienceChange, ...]:
    return changes_in(quarters(*shares, seed=seed, mechanism=mechanism, boxes=boxes))


@pytest.mark.parametrize(
    ("mechanism", "looks"), [("subset_selection", 200), ("discrete_laplace", 60)]
)
def test_where_nothing_changed_a_change_is_stated_in_one_look_of_twenty_at_most(
    mechanism: str, looks: int
) -> None:
    stated = seeming = 0
    for seed in range(looks):
        found = compared(EVEN, EVEN, EVEN, seed=seed, mechanism=mechanism, boxes=1000)
        stated += any(one.having("changed") for one in found)
        seeming += any(one.having("seems to have changed") for one in found)
    # False alarm of this test: one in a million, were the rate exactly 5 %.
    assert stated <= binom.ppf(1 - 1e-6, looks, 0.05)
    assert seeming > looks / 3  # 18 differences: what no correction would have stated


def test_a_real_change_is_stated_and_nothing_else() -> None:
    (found,) = compared(EVEN, MOVED, seed=1, boxes=40_000)
    assert {change.category for change in found.having("changed")} == {0, 1}
    first, second = found.segments[:2]
    assert first.low < 0.08 < first.high
    assert second.low < -0.08 < second.high
    assert (first.before, first.after) == pytest.approx((EVEN[0], MOVED[0]), abs=0.04)
    assert found.comparisons == 9
    assert (found.before_quarter, found.after_quarter, found.unit) == (226, 227, "share")
    assert found.says_anything


def test_all_quarters_are_judged_together() -> None:
    two = compared(EVEN, MOVED, EVEN, seed=1, boxes=40_000)
    assert [found.comparisons for found in two] == [18, 18]
    assert [len(found.having("changed")) for found in two] == [2, 2]


def test_few_reports_say_nothing() -> None:
    (found,) = compared(EVEN, EVEN, seed=1, boxes=4999)
    assert not found.says_anything


def test_the_interval_of_a_difference_holds_it_as_often_as_it_says() -> None:
    inside = [
        change.low <= 0 <= change.high
        for seed in range(100)
        for change in compared(EVEN, EVEN, seed=seed, boxes=1000)[0].segments
    ]
    # 900 intervals, of which nine at a time depend on each other.
    assert 0.92 < np.mean(inside) < 0.98


def test_sensitive_segments_of_either_quarter_are_not_compared() -> None:
    generator = np.random.default_rng(1)
    tasks = [make_task(epoch=226, sensitive=(3,)), make_task(epoch=227, sensitive=(4,))]
    estimates = [
        estimated(drawn_totals(task, EVEN, boxes=5000, generator=generator), task) for task in tasks
    ]
    (found,) = changes_in(estimates)
    assert [change.category for change in found.segments] == [0, 1, 2, 5, 6, 7, 8]


def test_reports_that_are_all_the_same_show_no_change() -> None:
    same = Totals(reports=10, counts=(10, 10, *(0,) * 7), at_limit=(0,) * 9)
    (found,) = changes_in([estimated(same, make_task(epoch=e)) for e in (226, 227)])
    assert {change.verdict for change in found.segments} == {"no change seen"}


def test_one_quarter_is_compared_with_nothing() -> None:
    with pytest.raises(InputError, match="nothing to be compared with"):
        changes_in(quarters(EVEN, seed=1))


def test_segments_of_two_models_are_not_compared() -> None:
    other = Segmenter(
        space_id="0" * 16,
        model=reference("models/segments.onnx", "d"),
        catalogue=reference("catalogue/titles.bin"),
    )
    totals = Totals(reports=9, counts=(2,) * 9, at_limit=(0,) * 9)
    estimates = [
        estimated(totals, make_task(epoch=226)),
        estimated(totals, make_task(epoch=227, segmenter=other)),
    ]
    with pytest.raises(InputError, match="do not measure the same") as caught:
        changes_in(estimates)
    assert "--keep-task" in caught.value.hint


def test_holms_example() -> None:
    # m − k + 1 = 4, 3, 2, 1 times the sorted ones, never falling.
    assert adjusted((0.01, 0.04, 0.03, 0.005)) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert adjusted(()) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_stays_between_no_correction_and_bonferronis(
    p_values: list[float],
) -> None:
    for plain, holm in zip(p_values, adjusted(p_values), strict=True):
        assert plain <= holm <= min(1.0, len(p_values) * plain)
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    ranked = [adjusted(p_values)[index] for index in order]
    assert ranked == sorted(ranked)


def test_quarters_that_count_by_other_categories_are_not_compared() -> None:
    before, after = quarters(EVEN, EVEN, seed=1)
    other = msgspec.structs.replace(after, scheme="group_daypart")
    with pytest.raises(InputError, match="the categories differ"):
        changes_in([before, other])
