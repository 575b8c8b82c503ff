"""What is published: shares with names and intervals, once enough boxes have reported."""

from __future__ import annotations

from math import sqrt

from edgeagent.errors import InputError
from edgeagent.messages import Message, ModelManifest, ReportTask
from edgeagent.privacy.estimation import onto_simplex
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregate import Aggregator

__all__ = ["MIN_PUBLISHABLE_REPORTS", "AudienceEstimate", "SegmentShare", "estimate_audience"]

MIN_PUBLISHABLE_REPORTS = 5000
"""Below this the noise is larger than most segments: ± 4.7 points at 33 categories, e^ε = 3."""

_CONFIDENCE = 0.95


class SegmentShare(Message, frozen=True, kw_only=True):
    """One segment's share of viewing sessions."""

    category: int
    name: str
    share: float
    """Unbiased; may be slightly below 0 or above 1."""
    low: float
    high: float
    """The interval, of this segment on its own."""
    standard_error: float
    display_share: float
    """The nearest shares that are ≥ 0 and sum to one: for charts, never for arithmetic."""
    sensitive: bool = False
    """Its sessions count as "none", so its true share here is 0."""


class AudienceEstimate(Message, frozen=True, kw_only=True):
    """The answer to one task."""

    task: str
    weeks: tuple[int, ...]
    """Which reports were counted."""
    reports: int
    publishable: bool
    confidence: float
    mean_half_width: float
    segments: tuple[SegmentShare, ...]
    """In the order of the categories; the last one is "none"."""


def estimate_audience(
    aggregator: Aggregator,
    task: ReportTask,
    *,
    week: int | None = None,
    manifest: ModelManifest | None = None,
) -> AudienceEstimate:
    """Estimate the share of each segment in the sessions of reporting boxes.

    Args:
        aggregator: where the reports are summed.
        task: which reports.
        week: of that week only; none: all weeks, each report weighing the same.
        manifest: names the segments.

    Raises:
        InputError: there are no such reports.

    """
    totals = aggregator.totals(task, week=week)
    if totals.reports == 0:
        weeks = aggregator.weeks(task)
        raise InputError(
            f"no reports on {task.name}" + ("" if week is None else f" for week {week}"),
            hint=f"there are some for weeks {weeks[0]} to {weeks[-1]}"
            if weeks
            else "boxes send theirs after the end of a week",
        )
    estimate = randomizer_for(task).estimate(totals, confidence=_CONFIDENCE)
    rows = zip(
        estimate.shares,
        estimate.intervals,
        estimate.variances,
        onto_simplex(estimate.shares),
        strict=True,
    )
    return AudienceEstimate(
        task=task.name,
        weeks=aggregator.weeks(task) if week is None else (week,),
        reports=totals.reports,
        publishable=totals.reports >= MIN_PUBLISHABLE_REPORTS,
        confidence=_CONFIDENCE,
        mean_half_width=sum(high - low for low, high in estimate.intervals) / 2 / task.categories,
        segments=tuple(
            SegmentShare(
                category=category,
                name=_name(category, task, manifest),
                share=share,
                low=low,
                high=high,
                standard_error=sqrt(variance),
                display_share=display,
                sensitive=category in task.sensitive,
            )
            for category, (share, (low, high), variance, display) in enumerate(rows)
        ),
    )


def _name(category: int, task: ReportTask, manifest: ModelManifest | None) -> str:
    if category == task.none_category:
        return "none"
    if manifest is None or category >= len(manifest.segments):
        return f"segment {category}"
    return manifest.segments[category].name
