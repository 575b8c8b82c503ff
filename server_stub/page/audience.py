"""Audience: each segment's share with its interval, beside last quarter's, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeagent.clock import WEEK_SECONDS, week_start
from edgeagent.reporting_calendar import SPACING_WEEKS
from server_stub.aggregation.changes import SegmentChange
from server_stub.aggregation.publication import SegmentEstimate
from server_stub.page.drawing import Scale, line
from server_stub.page.figures import PageFigures, QuarterFigures
from server_stub.page.rendering import render
from server_stub.page.words import interval, whole_of

__all__ = ["audience_page", "final_from"]

_CHART, _SPARK = (320, 26), (110, 26)
_FEWEST = 3
"""Weeks that make a line."""
_MOST_SAID = 6
"""Of changes in words; the table has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceRow:
    """One segment of the table."""

    now: SegmentEstimate
    before: SegmentEstimate | None
    words: str
    change: SegmentChange | None
    spark: str
    """Path of its weeks; empty if there are too few."""


def final_from(quarter: QuarterFigures) -> int:
    """Return when the last of the weeks that reported so far is closed, seconds UTC."""
    last = quarter.windows[-1].week
    return week_start(last + 1) + SPACING_WEEKS * WEEK_SECONDS


def audience_page(figures: PageFigures, wanted: str | None, **frame: object) -> str:
    """Return the page of a quarter, the newest unless another is wanted."""
    quarter = figures.quarter(wanted)
    if quarter is None:
        return render("nothing_yet", figures=figures, view="audience", **frame)
    before = figures.before(quarter)
    estimate = quarter.estimate
    whole = whole_of(estimate.max_half_width)
    none = quarter.task.none_category
    rows = [
        AudienceRow(
            now=segment,
            before=before.segment(segment.category) if before else None,
            words=interval(segment.low, segment.high, estimate.unit, whole=whole),
            change=figures.change_of(quarter, segment.category),
            spark=_spark(figures.alike(quarter), segment.category),
        )
        for segment in sorted(estimate.segments, key=lambda segment: -segment.value)
    ]
    listed = [row for row in rows if row.now.category != none]
    return render(
        "audience",
        figures=figures,
        view="audience",
        quarter=quarter,
        before=before,
        estimate=estimate,
        rows=listed,
        unassigned=next((row for row in rows if row.now.category == none), None),
        scale=_scale(listed) if listed else None,
        whole=whole,
        final_from=final_from(quarter),
        certain=_said(rows, "changed"),
        uncertain=_said(rows, "seems to have changed"),
        chart=_CHART,
        spark=_SPARK,
        **frame,
    )


def _said(rows: Sequence[AudienceRow], verdict: str) -> list[AudienceRow]:
    found = [row for row in rows if row.change is not None and row.change.verdict == verdict]
    found.sort(key=lambda row: -abs(row.now.value - row.before.value if row.before else 0))
    return found[:_MOST_SAID]


def _scale(rows: Sequence[AudienceRow]) -> Scale:
    """Return the scale of the intervals of a table, this quarter's and the last one's."""
    shown = [one for row in rows for one in (row.now, row.before) if one is not None]
    high = max(0.001, *(one.high for one in shown))
    return Scale(low=0, high=high * 1.02, begin=4, end=_CHART[0] - 4)


def _spark(quarters: Sequence[QuarterFigures], category: int) -> str:
    """Return the path of a segment's weeks, on a scale of its own that begins at 0."""
    values = [
        (window.week, segment.value)
        for quarter in quarters
        for window in quarter.windows
        for segment in window.estimate.segments
        if segment.category == category
    ]
    if len(values) < _FEWEST:
        return ""
    width, height = _SPARK
    x = Scale(low=values[0][0], high=values[-1][0], begin=2, end=width - 2)
    highest = max(0.001, *(value for _, value in values))
    y = Scale(low=0, high=highest, begin=height - 2, end=3)
    return line([(x(week), y(value)) for week, value in values])
