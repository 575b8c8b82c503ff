from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

from edgeagent.errors import PolicyError
from edgeagent.messages import ReportTask, SegmentLabel
from edgeagent.messages.task import GroupDayparts
from edgeagent.privacy.estimation import Totals, clopper_pearson
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.aggregation.publication import (
    MIN_PUBLISHABLE_REPORTS,
    estimate_audience,
    require_publishable,
)
from tests.server_stub.loopback import make_manifest, make_task


@dataclass(frozen=True, kw_only=True)
class GivenTotals(Aggregator):
    """Sums of one week."""

    reports: int
    counts: tuple[int, ...]
    is_closed: bool = False

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        del task, weeks
        totals = Totals(reports=self.reports, counts=self.counts, at_limit=(0,) * len(self.counts))
        return (WindowSums(week=7, totals=totals, final=self.is_closed),)


def even(reports: int) -> GivenTotals:
    return GivenTotals(reports=reports * 9, counts=(reports * 2,) * 9)


def test_even_reports_mean_even_shares() -> None:
    answer = estimate_audience(even(1000), make_task())
    assert [segment.value for segment in answer.segments] == pytest.approx([1 / 9] * 9)
    assert [segment.share for segment in answer.segments] == pytest.approx([1 / 9] * 9)
    assert (answer.unit, answer.shares_are_ratios) == ("share", False)
    assert all(segment.low < 1 / 9 < segment.high for segment in answer.segments)
    half_width = sum(segment.high - segment.low for segment in answer.segments) / 18
    assert answer.mean_half_width == pytest.approx(half_width)


def test_publication_takes_enough_reports_and_a_half_width_that_is_kept() -> None:
    enough = GivenTotals(reports=MIN_PUBLISHABLE_REPORTS, counts=(5000, 5000) + (0,) * 7)
    few = GivenTotals(reports=4999, counts=(4999, 4999) + (0,) * 7)
    width = estimate_audience(enough, make_task()).max_half_width
    assert estimate_audience(enough, make_task(), half_width=width).publishable
    for totals, half_width, reason in (
        (enough, None, "no half-width is stated"),
        (enough, 0.9 * width, "the widest interval"),
        (few, 1.0, "fewer than 5,000 reports (4,999 arrived)"),
    ):
        answer = estimate_audience(totals, make_task(), half_width=half_width)
        assert not answer.publishable
        assert len(answer.withheld_because) == 1
        assert reason in answer.withheld_because[0]
        with pytest.raises(PolicyError, match="not for publication") as caught:
            require_publishable(answer)
        assert "--half-width" in caught.value.hint
    require_publishable(estimate_audience(enough, make_task(), half_width=width))


def test_the_widest_interval_decides_not_the_mean() -> None:
    answer = estimate_audience(GivenTotals(reports=9000, counts=(6000, *(1500,) * 8)), make_task())
    assert answer.mean_half_width < answer.max_half_width
    stated = (answer.mean_half_width + answer.max_half_width) / 2
    uneven = GivenTotals(reports=9000, counts=(6000, *(1500,) * 8))
    assert not estimate_audience(uneven, make_task(), half_width=stated).publishable


def test_joint_intervals_are_those_of_bonferroni() -> None:
    alone = estimate_audience(even(1000), make_task())
    joint = estimate_audience(even(1000), make_task(), simultaneous=True)
    low, high = clopper_pearson(2000, 9000, confidence=1 - 0.05 / 9)
    mechanism = SubsetSelection(9, Fraction(3))
    p, q = float(mechanism.p), float(mechanism.q)
    assert joint.segments[0].low == pytest.approx((low - q) / (p - q))
    assert joint.segments[0].high == pytest.approx((high - q) / (p - q))
    assert (alone.simultaneous, joint.simultaneous) == (False, True)
    assert alone.max_half_width < joint.max_half_width


def test_clipped_counts_have_shares_that_are_marked_as_ratios() -> None:
    totals = GivenTotals(reports=6000, counts=(6000, 3000, *(0,) * 6, 3000))
    answer = estimate_audience(totals, make_task(mechanism="discrete_laplace"), half_width=1.0)
    assert (answer.unit, answer.shares_are_ratios, answer.publishable) == ("sessions", True, True)
    assert [s.value for s in answer.segments[:2]] == pytest.approx([1.0, 0.5])
    assert [s.share for s in answer.segments[:2]] == pytest.approx([0.5, 0.25])
    assert sum(s.display_share for s in answer.segments) == pytest.approx(1)


def test_an_estimate_is_final_once_its_weeks_are_closed() -> None:
    open_ = even(10)
    assert not estimate_audience(open_, make_task()).final
    assert estimate_audience(replace(open_, is_closed=True), make_task()).final


def test_segments_without_a_manifest_have_numbers() -> None:
    names = [segment.name for segment in estimate_audience(even(10), make_task()).segments]
    assert names == [*(f"segment {number}" for number in range(8)), "none"]


def test_a_manifest_with_fewer_segments_names_what_it_can() -> None:
    short = make_manifest(
        segments=tuple(SegmentLabel(name=f"G{n}", sensitive=False, iab=()) for n in range(7))
    )
    names = [s.name for s in estimate_audience(even(10), make_task(), manifest=short).segments]
    assert names[6:] == ["G6", "segment 7", "none"]


def test_sensitive_segments_are_not_listed() -> None:
    answer = estimate_audience(even(10), make_task(sensitive=(3,)))
    assert [segment.category for segment in answer.segments] == [0, 1, 2, 4, 5, 6, 7, 8]
    assert sum(segment.display_share for segment in answer.segments) == pytest.approx(1)


def test_groups_by_time_of_day_are_named_and_those_without_sessions_not_listed() -> None:
    scheme = GroupDayparts(groups=(0, 0, 1, 1, 2, 2, 3, 3), utc_offset_minutes=60)
    task = make_task(categories=17, by_group=scheme, sensitive=(2, 3))
    answer = estimate_audience(GivenTotals(reports=1700, counts=(400,) * 17), task)
    assert answer.scheme == "group_daypart"
    listed = [segment.category for segment in answer.segments]
    assert listed == [0, 1, 2, 3, *range(8, 17)]
    assert answer.segments[3].name == "segment 0, segment 1, evening"
    assert answer.segments[-1].name == "none"
