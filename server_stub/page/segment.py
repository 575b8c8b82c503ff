"""One segment: what it is, its trend with bands, and its titles in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from edgeagent.messages import ReportTask, SegmentLabel
from edgeagent.messages.task import DAYPARTS
from edgeagent.messages.task_labels import zone_name
from server_stub.aggregation.publication import SegmentEstimate
from server_stub.page.audience import final_from
from server_stub.page.drawing import Scale, band, line
from server_stub.page.figures import PageFigures, QuarterFigures
from server_stub.page.rendering import render
from server_stub.page.words import interval, week_name, whole_of

__all__ = ["segment_page", "shown_segment", "trend_of"]

_FEWEST = 2
_WIDE, _NARROW = (1136, 330), (360, 240)
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 12, 34
_LABELS = {_WIDE: 9, _NARROW: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendWeek:
    """A segment in one week."""

    week: int
    value: float
    low: float
    high: float
    words: str
    reports: int
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentGroup:
    """A category that is a group of segments in a part of the day."""

    names: tuple[str, ...]
    daypart: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPicture:
    """The shapes of a trend, in the units of its view box."""

    width: int
    height: int
    line: str
    band: str
    left: int
    bottom: int
    right: int
    top: int
    lines: tuple[tuple[float, float], ...]
    """Position and value of each line across."""
    weeks: tuple[tuple[float, str], ...]
    """Position and name of each label below."""
    quarters: tuple[float, ...]
    """Where a quarter begins."""


def shown_segment(
    figures: PageFigures, category: int, wanted: str | None
) -> tuple[QuarterFigures, SegmentEstimate] | None:
    """Return a quarter and a segment of it; ``None`` if there is none that may be shown."""
    quarter = figures.quarter(wanted)
    if quarter is None or category == quarter.task.none_category:
        return None
    segment = quarter.segment(category)
    return None if segment is None else (quarter, segment)


def trend_of(figures: PageFigures, quarter: QuarterFigures, category: int) -> list[TrendWeek]:
    """Return a segment's weeks, earliest first, of all quarters in which it means the same.

    Weeks that may not be shown are left out.
    """
    return [
        TrendWeek(
            week=window.week,
            value=segment.value,
            low=segment.low,
            high=segment.high,
            words=interval(
                segment.low,
                segment.high,
                window.estimate.unit,
                whole=whole_of(window.estimate.max_half_width),
            ),
            reports=window.reports,
            final=window.final,
        )
        for one in figures.alike(quarter)
        for window in one.windows
        for segment in window.estimate.segments
        if segment.category == category
    ]


def segment_page(
    figures: PageFigures, category: int, wanted: str | None, **frame: object
) -> str | None:
    """Return the page of a segment; ``None`` if there is none that may be shown."""
    found = shown_segment(figures, category, wanted)
    if found is None:
        return None
    quarter, segment = found
    before = figures.before(quarter)
    earlier = before.segment(category) if before else None
    unit = quarter.estimate.unit
    whole = whole_of(quarter.estimate.max_half_width)
    weeks = trend_of(figures, quarter, category)
    alike = figures.alike(quarter)
    starts = [one.windows[0].week for one in alike[1:]]
    return render(
        "segment",
        figures=figures,
        view="audience",
        quarter=quarter,
        segment=segment,
        words=interval(segment.low, segment.high, unit, whole=whole),
        before=before,
        earlier=earlier,
        earlier_words=interval(earlier.low, earlier.high, unit, whole=whole) if earlier else "",
        change=figures.change_of(quarter, category),
        label=_label(figures, quarter, category),
        # Briefs are of the newest quarter; where groups were counted a category is no segment.
        has_brief=quarter is figures.quarters[0]
        and quarter.task.scheme == "segment"
        and figures.brief(category) is not None,
        group=_group(figures, quarter.task, category),
        description=next((one for one in figures.descriptions if one.category == category), None),
        weeks=weeks,
        pictures=[_picture(weeks, starts, size) for size in (_WIDE, _NARROW)]
        if len(weeks) >= _FEWEST
        else [],
        hidden_weeks=sum(not window.estimate.segments for one in alike for window in one.windows),
        final_from=final_from(quarter),
        unit=unit,
        **frame,
    )


def _label(figures: PageFigures, quarter: QuarterFigures, category: int) -> SegmentLabel | None:
    manifest = figures.manifest
    newest = figures.quarters[0]
    if quarter.task.scheme != "segment" or manifest is None:
        return None
    if not quarter.same_segments(newest) or category >= len(manifest.segments):
        return None
    return manifest.segments[category]


def _group(figures: PageFigures, task: ReportTask, category: int) -> SegmentGroup | None:
    """Return what a category holds, where it is a group of segments in a part of the day."""
    if task.by_group is UNSET or figures.manifest is None:
        return None
    group, part = divmod(category, len(DAYPARTS))
    return SegmentGroup(
        names=tuple(
            label.name
            for number, (label, own) in enumerate(
                zip(figures.manifest.segments, task.by_group.groups, strict=False)
            )
            if own == group and number not in task.sensitive
        ),
        daypart=DAYPARTS[part],
        zone=zone_name(task.by_group.utc_offset_minutes),
    )


def _picture(
    weeks: Sequence[TrendWeek], starts: Sequence[int], size: tuple[int, int]
) -> TrendPicture:
    width, height = size
    right, bottom = width - _RIGHT, height - _BOTTOM
    high = max(0.001, *(week.high for week in weeks))
    x = Scale(low=weeks[0].week, high=weeks[-1].week, begin=_LEFT, end=right)
    y = Scale(low=0, high=high * 1.05, begin=bottom, end=_TOP)
    step = max(1, -(-len(weeks) // _LABELS[size]))
    return TrendPicture(
        width=width,
        height=height,
        line=line([(x(week.week), y(week.value)) for week in weeks]),
        band=band(
            [(x(week.week), y(week.high)) for week in weeks],
            [(x(week.week), y(week.low)) for week in weeks],
        ),
        left=_LEFT,
        right=right,
        top=_TOP,
        bottom=bottom,
        lines=tuple((y(value), value) for value in y.ticks()),
        weeks=tuple((x(week.week), _short(week.week)) for week in weeks[step // 2 :: step]),
        quarters=tuple(x(week) for week in starts if week > weeks[0].week),
    )


def _short(week: int) -> str:
    """Return the first day of a week, as ``23 Nov``."""
    first = week_name(week).replace(" – ", "–").split("–")[0]
    month = week_name(week).split(" ")
    number = first.split(" ")[0]
    name = next(part for part in month if part.isalpha())
    return f"{number} {name[:3]}"
