"""Planning: from a number of boxes to the width of an interval, and back."""

from __future__ import annotations

from edgeagent.errors import InputError
from edgeagent.messages import Message
from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.precision import half_width, reports_for
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.reporting_calendar import SPACING_WEEKS
from server_stub.aggregation.publication import MIN_PUBLISHABLE_REPORTS, SHARE_OF

__all__ = ["PrecisionPlan", "plan_precision"]

_WEEK = f"from those of one week, a {SPACING_WEEKS}th of the boxes,"

_NOTHING_KNOWN = 0.5
"""Half the width of the interval from 0 to 100 %."""


class PrecisionPlan(Message, frozen=True, kw_only=True):
    """What a fleet can say about one segment."""

    boxes: int
    """Each reports once a quarter."""
    share: float
    segments: int
    odds: str
    epsilon: float
    confidence: float
    half_width: float
    """Of the segment's interval from the reports of a quarter, as a share."""
    half_width_of_a_week: float | None
    """From the reports of one week; ``None``: fewer than one box reports in it."""
    publishable: bool
    """Whether a quarter has enough reports for the publication rule."""

    def lines(self) -> tuple[str, ...]:
        """Return the plan in words."""
        week = self.half_width_of_a_week
        lines = [
            f"{self.boxes:,} boxes that report, e^epsilon = {self.odds}, {self.segments} segments:",
            f"a segment of {100 * self.share:g} % {SHARE_OF} is known ({self.confidence:.0%})",
            f"  from a quarter's reports, one a box, {_to_within(self.half_width)}",
        ]
        if week is not None:
            lines.append(f"  {_WEEK} {_to_within(week)}")
        lines.append(
            "Enough reports for publication, with that half-width stated."
            if self.publishable
            else f"Too few reports for publication, which takes {MIN_PUBLISHABLE_REPORTS:,}."
        )
        return tuple(lines)


def _to_within(half_width: float) -> str:
    if half_width > _NOTHING_KNOWN:
        return "not at all (wider than 0 to 100 %)"
    return f"to ± {100 * half_width:.2f} points"


def plan_precision(
    mechanism: SubsetSelection,
    share: float,
    *,
    reports: int | None = None,
    within: float | None = None,
) -> PrecisionPlan:
    """Plan from a number of reports, or from the half-width that is wanted.

    Args:
        mechanism: of the task.
        share: of the segment, 0 to 1.
        reports: of a quarter, one a box.
        within: the half-width of the interval, as a share.

    Raises:
        InputError: both are given, or neither.

    """
    if (reports is None) == (within is None):
        raise InputError(
            "one of --boxes and --half-width is needed, not both",
            hint="give --boxes for the half-width, or --half-width for the boxes",
        )
    boxes = reports or reports_for(mechanism, share, within=within or 1.0)
    weekly = boxes // SPACING_WEEKS
    return PrecisionPlan(
        boxes=boxes,
        share=share,
        segments=mechanism.categories - 1,
        odds=str(mechanism.odds),
        epsilon=epsilon(mechanism.odds),
        confidence=0.95,
        half_width=half_width(mechanism, share, reports=boxes),
        half_width_of_a_week=half_width(mechanism, share, reports=weekly) if weekly else None,
        publishable=boxes >= MIN_PUBLISHABLE_REPORTS,
    )
