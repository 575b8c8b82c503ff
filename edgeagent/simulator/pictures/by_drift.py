"""The picture of what refreshed priors gain, by drift and by size of the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from edgeagent.simulator.pictures.marks import legend_above, points_with_errors
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    QUIET,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)

__all__ = ["DriftPoint", "gains_picture"]

_LOOKS = ((QUIET, "o", 0.9), (ESTIMATE, "s", 1.0), (TRUTH, "^", 1.1))
"""Colour, mark, and place beside the number of reports, so that bars do not hide each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPoint:
    """What priors gained at one drift and one size of fleet."""

    drift: str
    reports: int
    fleets: int
    """How many were drawn."""
    gain: float
    """In NDCG@10 of first picks, mean over the fleets."""
    standard_error: float
    """Of one fleet's gain, households of the hold-out drawn at random."""
    alarms: float
    """In how many of the fleets there was an alarm, as a part."""


def gains_picture(points: Sequence[DriftPoint], limits: Mapping[str, float]) -> Picture:
    """Draw gains with two standard errors to either side, a colour for each drift.

    Args:
        points: measured.
        limits: by drift, the gain of priors from the true shares.

    """

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        for (drift, limit), (colour, marker, beside) in zip(limits.items(), _LOOKS, strict=True):
            own = [point for point in points if point.drift == drift]
            points_with_errors(
                axes,
                [(beside * point.reports, point.gain, 2 * point.standard_error) for point in own],
                colour=colour,
                marker=marker,
                label=f"drift: {drift}",
                gid=f"gain-{drift}",
            )
            axes.axhline(limit, color=colour, lw=0.8, ls=":", gid=f"limit-{drift}")
        reports = sorted({point.reports for point in points})
        axes.set_xticks(reports, [f"{number:,}" for number in reports])
        axes.minorticks_off()
        axes.set_xlabel("reports")
        axes.set_ylabel("gain in NDCG@10 of first picks")
        legend_above(figure, axes, columns=3 if screen.wide else 1)

    largest = max(points, key=lambda point: (point.drift == list(limits)[-1], point.reports))
    return draw_picture(
        "drift",
        draw,
        heights_inches=(3.6, 4.0),
        caption=f"At {largest.reports:,} reports and {largest.drift} drift refreshed priors change "
        f"NDCG@10 of first picks by {largest.gain:+.4f} ± {largest.standard_error:.4f}; dotted: "
        "priors from the true shares.",
        description="Gain of refreshed priors against the number of reports, for three drifts.",
        numbers=Numbers(
            columns=("drift, reports", "gain", "± standard error", "alarms", "with true shares"),
            rows=tuple(
                (
                    f"{point.drift}, {point.reports:,}",
                    f"{point.gain:+.4f}",
                    f"{point.standard_error:.4f}",
                    f"{point.alarms:.0%} of {point.fleets}",
                    f"{limits[point.drift]:+.4f}",
                )
                for point in points
            ),
        ),
    )
