"""The sweep: how precisely a segment is known, by e^ε and by the number of boxes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from edgeagent.messages.task import MAX_ODDS, PERMITTED_ODDS
from edgeagent.privacy.precision import half_width
from edgeagent.privacy.subset_selection import SubsetSelection

__all__ = ["Sweep", "SweepPoint", "run_sweep", "summarize_sweep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One cell of the chart."""

    odds: Fraction
    boxes: int
    half_width: float
    """Of a segment's 95 % interval by theory, as a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The chart, and what it is about."""

    share: float
    categories: int
    points: tuple[SweepPoint, ...]
    """Every e^ε that an agent permits with every number of boxes, in this order."""

    def sentences(self) -> tuple[str, ...]:
        """Return the chart at the largest e^ε in words, one sentence for each number of boxes."""
        return tuple(
            f"With {point.boxes:,} boxes at e^ε = {point.odds} a segment of {100 * self.share:g} % "
            f"is known to ±{100 * point.half_width:.2g} points."
            for point in self.points
            if point.odds == MAX_ODDS
        )


def run_sweep(*, share: float, categories: int, fleets: tuple[int, ...]) -> Sweep:
    """Compute the chart for a segment with ``share`` of all sessions.

    Args:
        share: of the segment, within (0, 1).
        categories: S', "none" included.
        fleets: numbers of boxes, each of which reports once.

    """
    return Sweep(
        share=share,
        categories=categories,
        points=tuple(
            SweepPoint(
                odds=odds,
                boxes=boxes,
                half_width=half_width(SubsetSelection(categories, odds), share, reports=boxes),
            )
            for odds in PERMITTED_ODDS
            for boxes in fleets
        ),
    )


def summarize_sweep(sweep: Sweep) -> dict[str, object]:
    """Return the object that ``edgeagent simulate sweep --json`` prints."""
    return {
        "share": sweep.share,
        "categories": sweep.categories,
        "confidence": 0.95,
        "points": [
            {
                "odds": str(point.odds),
                "boxes": point.boxes,
                "half_width": point.half_width,
            }
            for point in sweep.points
        ],
        "sentences": sweep.sentences(),
    }
