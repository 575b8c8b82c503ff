from __future__ import annotations

from dataclasses import dataclass

import pytest

from edgeagent.messages import ReportTask, SegmentLabel
from edgeagent.privacy.estimation import Totals
from server_stub.publication import MIN_PUBLISHABLE_REPORTS, estimate_audience
from tests.server_stub.loopback import make_manifest, make_task


@dataclass(frozen=True, kw_only=True)
class GivenTotals:
    """An Aggregator of one week."""

    reports: int
    counts: tuple[int, ...]

    def report_count(self) -> int:
        return self.reports

    def weeks(self, task: ReportTask) -> tuple[int, ...]:
        del task
        return (7,)

    def totals(self, task: ReportTask, *, week: int | None = None) -> Totals:
        del task, week
        return Totals(reports=self.reports, counts=self.counts, at_limit=(0,) * len(self.counts))


def even(reports: int) -> GivenTotals:
    return GivenTotals(reports=reports * 9, counts=(reports * 2,) * 9)


def test_even_reports_mean_even_shares() -> None:
    answer = estimate_audience(even(1000), make_task())
    assert [segment.share for segment in answer.segments] == pytest.approx([1 / 9] * 9)
    assert all(segment.low < 1 / 9 < segment.high for segment in answer.segments)
    half_width = sum(segment.high - segment.low for segment in answer.segments) / 18
    assert answer.mean_half_width == pytest.approx(half_width)


def test_few_reports_are_not_for_publication() -> None:
    enough = GivenTotals(reports=MIN_PUBLISHABLE_REPORTS, counts=(5000, 5000) + (0,) * 7)
    few = GivenTotals(reports=4999, counts=(4999, 4999) + (0,) * 7)
    assert estimate_audience(enough, make_task()).publishable
    assert not estimate_audience(few, make_task()).publishable


def test_segments_without_a_manifest_have_numbers() -> None:
    names = [segment.name for segment in estimate_audience(even(10), make_task()).segments]
    assert names == [*(f"segment {number}" for number in range(8)), "none"]


def test_a_manifest_with_fewer_segments_names_what_it_can() -> None:
    short = make_manifest(segments=tuple(SegmentLabel(name=f"G{n}") for n in range(7)))
    names = [s.name for s in estimate_audience(even(10), make_task(), manifest=short).segments]
    assert names[6:] == ["G6", "segment 7", "none"]


def test_sensitive_segments_are_marked() -> None:
    answer = estimate_audience(even(10), make_task(sensitive=(3,)))
    assert [s.category for s in answer.segments if s.sensitive] == [3]
