"""The sweep: how precisely a segment is known, by e^ε and by the number of boxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from edgeagent.errors import PromiseBroken
from edgeagent.messages.task import MAX_ODDS, PERMITTED_ODDS
from edgeagent.privacy.precision import deviations, half_width
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import Accuracy, measure_accuracy, theory_is_credible

__all__ = [
    "MOST_SIMULATED",
    "Sweep",
    "SweepPoint",
    "raise_if_wrong",
    "run_sweep",
    "summarize_sweep",
]

MOST_SIMULATED = 1_000_000
"""Boxes of the largest fleet that is simulated; larger ones have the line alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One cell of the chart. Half-widths are of a segment's 95 % interval, as shares."""

    odds: Fraction
    boxes: int
    half_width: float
    """By theory."""
    simulated: Accuracy | None
    """``None`` above :data:`MOST_SIMULATED` boxes."""

    @property
    def simulated_half_width(self) -> float | None:
        """Where 95 % of the simulated estimates lie, if they are normal around the truth."""
        return deviations() * self.simulated.measured if self.simulated else None

    @property
    def sampling_error(self) -> float | None:
        """Standard error of the simulated half-width."""
        return deviations() * self.simulated.sampling_error if self.simulated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The points of the chart, and what they have in common."""

    share: float
    categories: int
    seed: int
    points: tuple[SweepPoint, ...]
    """Every e^ε that an agent permits with every number of boxes, in this order."""

    @property
    def rows(self) -> tuple[tuple[SweepPoint, ...], ...]:
        """The points of each e^ε, by the number of boxes."""
        return tuple(
            tuple(point for point in self.points if point.odds == odds)
            for odds in dict.fromkeys(point.odds for point in self.points)
        )

    @property
    def fleets(self) -> tuple[int, ...]:
        """The numbers of boxes."""
        return tuple(point.boxes for point in self.rows[0])

    def sentences(self) -> tuple[str, ...]:
        """Return the chart at the largest e^ε in words, one sentence for each number of boxes."""
        return tuple(
            f"With {point.boxes:,} boxes at e^ε = {point.odds} a segment of {100 * self.share:g} % "
            f"is known to ±{_in_points(point.half_width)} points."
            for point in self.points
            if point.odds == MAX_ODDS
        )


def run_sweep(
    *,
    share: float,
    categories: int,
    fleets: tuple[int, ...],
    seed: int,
    advance: Callable[[int], None],
) -> Sweep:
    """Compute the chart for a segment with ``share`` of all sessions, and simulate its points.

    Args:
        share: of the segment, within (0, 1).
        categories: S', "none" included.
        fleets: numbers of boxes, each of which reports once.
        seed: determines all draws; each point has a stream of its own.
        advance: called with 1 for each point that is done.

    """
    points = []
    for odds in PERMITTED_ODDS:
        mechanism = SubsetSelection(categories, odds)
        for boxes in fleets:
            points.append(
                SweepPoint(
                    odds=odds,
                    boxes=boxes,
                    half_width=half_width(mechanism, share, reports=boxes),
                    simulated=_simulate(mechanism, share, boxes, seed),
                )
            )
            advance(1)
    return Sweep(share=share, categories=categories, seed=seed, points=tuple(points))


def _simulate(mechanism: SubsetSelection, share: float, boxes: int, seed: int) -> Accuracy | None:
    """Measure on an audience in which as many segments as possible have that share."""
    if boxes > MOST_SIMULATED:
        return None
    alike = min(int(1 / share + 1e-9), mechanism.categories - 1)
    empty = [0.0] * (mechanism.categories - 1 - alike)
    odds = mechanism.odds
    return measure_accuracy(
        mechanism,
        [*[share] * alike, *empty, max(0.0, 1 - alike * share)],
        reports=boxes,
        generator=np.random.default_rng((seed, odds.numerator, odds.denominator, boxes)),
        judged=alike,
        drawn=MOST_SIMULATED,
    )


def _in_points(width: float) -> str:
    return f"{100 * width:.1f}" if width >= 0.01 else f"{100 * width:.2g}"  # noqa: PLR2004  (1 point)


def raise_if_wrong(sweep: Sweep) -> None:
    """Raise if the simulated fleets show that the theory is wrong.

    Raises:
        PromiseBroken: they do; by chance once in a million sweeps.

    """
    simulated = [point.simulated for point in sweep.points if point.simulated is not None]
    if simulated and not theory_is_credible(simulated):
        raise PromiseBroken(
            "simulated fleets are not as far from the truth as theory says",
            hint="compare the columns of sweep.html, and do not plan with these numbers",
        )


def summarize_sweep(sweep: Sweep) -> dict[str, object]:
    """Return the object that ``edgeagent simulate sweep --json`` prints."""
    return {
        "share": sweep.share,
        "categories": sweep.categories,
        "confidence": 0.95,
        "seed": sweep.seed,
        "points": [
            {
                "odds": str(point.odds),
                "boxes": point.boxes,
                "half_width": point.half_width,
                "simulated_half_width": point.simulated_half_width,
                "sampling_error": point.sampling_error,
            }
            for point in sweep.points
        ],
        "sentences": sweep.sentences(),
    }
