"""Publication: estimates with names and intervals, once enough boxes have reported."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from typing import Literal

from edgeagent.errors import InputError, PolicyError
from edgeagent.messages import Message, ModelManifest, ReportTask
from edgeagent.messages.fields import MechanismName, SchemeName
from edgeagent.messages.task_labels import category_names
from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.estimation import Estimate, Totals, each_of, onto_simplex
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.aggregator import Aggregator, WindowSums

__all__ = [
    "MIN_PUBLISHABLE_REPORTS",
    "ONE_ANSWER",
    "SHARE_OF",
    "AudienceEstimate",
    "SegmentEstimate",
    "estimate_audience",
    "estimate_windows",
    "require_publishable",
]

MIN_PUBLISHABLE_REPORTS = 5000
"""Below this the noise is larger than most segments: ± 4.7 points at 33 categories, e^ε = 3."""

SHARE_OF = "of the answers of reporting boxes"
"""What a share is a part of, in the words that every command and page has for it."""
ONE_ANSWER = (
    "an answer is one session drawn from a box's week, or “none”: watching more counts no more"
)
"""What :data:`SHARE_OF` means. Not "of viewing": a box that is on all day has one answer, too."""

_CONFIDENCE = 0.95


class SegmentEstimate(Message, frozen=True, kw_only=True):
    """One segment's share of the answers of reporting boxes."""

    category: int
    name: str
    value: float
    """Unbiased, in the estimate's unit; may be slightly outside the possible range."""
    low: float
    high: float
    standard_error: float
    share: float
    """The value as a share: the same under Subset Selection; under discrete Laplace the ratio of
    two estimates, which is not unbiased and has no interval."""
    display_share: float
    """The nearest shares that are ≥ 0 and sum to one: for charts, never for arithmetic."""


class AudienceEstimate(Message, frozen=True, kw_only=True):
    """The estimate for one task."""

    task: str
    quarter: int
    """Of its weeks, counted from January 1970: the task's epoch."""
    mechanism: MechanismName
    scheme: SchemeName
    """What a category is: a segment, or a group of segments in a part of the day."""
    epsilon: float
    """ε of one report."""
    model_sha256: str
    """Of the model that assigns the segments: only where it is the same they mean the same."""
    weeks: tuple[int, ...]
    """The weeks whose reports were counted, each report with the same weight."""
    reports: int
    unit: Literal["share", "sessions"]
    """Shares of the answers of boxes, or mean sessions per box and week, clipped to a maximum."""
    shares_are_ratios: bool
    confidence: float
    simultaneous: bool
    """Whether the confidence is for all intervals jointly (Bonferroni), or for each alone."""
    mean_half_width: float
    max_half_width: float
    """Half the width of the widest interval, in the unit of the values."""
    stated_half_width: float | None
    """The precision that a publication states; ``None``: not for publication."""
    publishable: bool
    withheld_because: tuple[str, ...]
    """Why it must not be published; empty if it may be."""
    final: bool
    """Whether all of its weeks are closed; until then reports may still arrive."""
    segments: tuple[SegmentEstimate, ...]
    """In the order of the categories; the last one is "none". Sensitive ones are not listed: boxes
    count their sessions as "none", so that what is left of them is noise."""

    @property
    def says_anything(self) -> bool:
        """Whether enough boxes reported for any number to be worth showing."""
        return self.reports >= MIN_PUBLISHABLE_REPORTS


def estimate_audience(
    aggregator: Aggregator,
    task: ReportTask,
    *,
    weeks: Sequence[int] = (),
    simultaneous: bool = False,
    half_width: float | None = None,
    manifest: ModelManifest | None = None,
) -> AudienceEstimate:
    """Estimate each segment's share of the answers of reporting boxes.

    Args:
        aggregator: sums the reports.
        task: the task of the reports.
        weeks: use these weeks only; empty: all. Several weeks are pooled with equal weight per
            report, which equals weighting by inverse variance.
        simultaneous: widen the intervals until all hold jointly with the confidence.
        half_width: the precision that a publication states, in the unit of the values.
        manifest: names the segments.

    Raises:
        InputError: there are no such reports.

    """
    windows = aggregator.windows(task, weeks=weeks)
    if not any(window.totals.reports for window in windows):
        raise _nothing_there(aggregator.weeks(task), task, weeks)
    return estimate_windows(
        windows, task, simultaneous=simultaneous, half_width=half_width, manifest=manifest
    )


def estimate_windows(
    windows: Sequence[WindowSums],
    task: ReportTask,
    *,
    simultaneous: bool = False,
    half_width: float | None = None,
    manifest: ModelManifest | None = None,
) -> AudienceEstimate:
    """Estimate from sums that are there; see :func:`estimate_audience`.

    Args:
        windows: with one report or more.
        task: of the reports.
        simultaneous: as there.
        half_width: as there.
        manifest: as there.

    """
    windows = [window for window in windows if window.totals.reports]
    totals = sum((w.totals for w in windows), start=Totals.none(categories=task.categories))
    confidence = each_of(task.categories, confidence=_CONFIDENCE) if simultaneous else _CONFIDENCE
    estimate = randomizer_for(task).estimate(totals, confidence=confidence)
    half_widths = [(high - low) / 2 for low, high in estimate.intervals]
    withheld = _why_withheld(estimate, widest=max(half_widths), stated=half_width)
    return AudienceEstimate(
        task=task.name,
        quarter=task.epoch,
        mechanism=task.mechanism,
        scheme=task.scheme,
        epsilon=epsilon(task.odds),
        model_sha256=task.segmenter.model.sha256,
        weeks=tuple(window.week for window in windows),
        reports=totals.reports,
        unit=estimate.unit,
        shares_are_ratios=estimate.unit != "share",
        confidence=_CONFIDENCE,
        simultaneous=simultaneous,
        mean_half_width=fsum(half_widths) / task.categories,
        max_half_width=max(half_widths),
        stated_half_width=half_width,
        publishable=not withheld,
        withheld_because=withheld,
        final=all(window.final for window in windows),
        segments=_segments(estimate, task, manifest),
    )


def require_publishable(estimate: AudienceEstimate) -> None:
    """Raise if an estimate does not meet the publication rule.

    Raises:
        PolicyError: the message has every reason.

    """
    if not estimate.publishable:
        raise PolicyError(
            f"not for publication: {'; '.join(estimate.withheld_because)}",
            hint="wait for more reports, pool more weeks or state a larger --half-width; without "
            "--half-width the estimate is shown, but not for publication",
        )


def _why_withheld(estimate: Estimate, *, widest: float, stated: float | None) -> tuple[str, ...]:
    """Return the reasons against publishing: too few reports, or too little precision."""
    reasons = []
    if estimate.reports < MIN_PUBLISHABLE_REPORTS:
        reasons.append(
            f"fewer than {MIN_PUBLISHABLE_REPORTS:,} reports ({estimate.reports:,} arrived)"
        )
    if stated is None:
        reasons.append("no half-width is stated (--half-width)")
    elif widest > stated:
        reasons.append(f"the widest interval is ± {widest:.4f}, ± {stated:g} is stated")
    return tuple(reasons)


def _segments(
    estimate: Estimate, task: ReportTask, manifest: ModelManifest | None
) -> tuple[SegmentEstimate, ...]:
    listed = [number for number in range(task.categories) if number not in task.empty_categories]
    names = category_names(task, () if manifest is None else manifest.segments)
    display = onto_simplex([estimate.shares[category] for category in listed])
    return tuple(
        SegmentEstimate(
            category=category,
            name="none" if category == task.none_category else names[category].name,
            value=estimate.values[category],
            low=estimate.intervals[category][0],
            high=estimate.intervals[category][1],
            standard_error=sqrt(estimate.variances[category]),
            share=estimate.shares[category],
            display_share=display_share,
        )
        for category, display_share in zip(listed, display, strict=True)
    )


def _nothing_there(known: Sequence[int], task: ReportTask, asked: Sequence[int]) -> InputError:
    of_weeks = f" for week {', '.join(map(str, asked))}" if asked else ""
    return InputError(
        f"no reports on {task.name}{of_weeks}",
        hint=f"there are some for weeks {known[0]} to {known[-1]}"
        if known
        else "boxes send theirs after the end of a week",
    )
