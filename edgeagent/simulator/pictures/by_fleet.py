"""The picture of the error by fleet size, and what it shares with that by ε."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import Accuracy, expected_error
from edgeagent.simulator.pictures.marks import legend_above, points_with_errors, ring
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)
from edgeagent.simulator.pictures.scales import log_scales, spread

__all__ = ["ERROR_COLUMNS", "by_fleet_picture", "draw_errors", "error_cells"]

ERROR_COLUMNS = (
    "error by theory, points",
    "simulated",
    "± standard error",
    "intervals that hold the truth",
)


def by_fleet_picture(
    measured: Sequence[Accuracy], truth: Sequence[float], *, own: Accuracy | None = None
) -> Picture:
    """Draw the error against the number of reports, with the line of theory.

    Args:
        measured: at one e^ε.
        truth: [S'] what was estimated.
        own: the run that the picture stands beside.

    """
    mechanism = SubsetSelection(len(truth), measured[0].odds)
    reports = [one.reports for one in measured]
    every = [*reports, *([own.reports] if own else [])]
    line = spread(min(every), max(every))

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        axes.plot(
            line,
            [100 * expected_error(mechanism, truth, reports=n) for n in line],
            color=TRUTH,
            label="theory",
            gid="theory",
        )
        draw_errors(axes, reports, measured)
        if own is not None:
            ring(axes, own.reports, 100 * own.measured, label="this run")
        log_scales(axes, [10**k for k in range(2, 9) if min(every) <= 10**k <= max(every)])
        axes.set_xlabel("reports")
        axes.set_ylabel("error of a share, points")
        legend_above(figure, axes, columns=3 if screen.wide else 1)

    return draw_picture(
        "by-fleet",
        draw,
        heights_inches=(3.4, 3.6),
        caption="The error falls with the square root of the number of reports: four times the "
        f"boxes, half the error; at {measured[-1].reports:,} reports it is "
        f"{100 * measured[-1].measured:.2g} points, by theory {100 * measured[-1].expected:.2g}.",
        description="Root mean square error of shares against the number of reports, both on "
        "logarithmic scales: a falling line of theory with simulated points on it.",
        numbers=Numbers(
            columns=("reports", *ERROR_COLUMNS),
            rows=tuple(
                (f"{one.reports:,}" + (", this run" if one is own else ""), *error_cells(one))
                for one in [*measured, *([own] if own else [])]
            ),
        ),
    )


def error_cells(one: Accuracy) -> tuple[str, ...]:
    """Return the cells below :data:`ERROR_COLUMNS`."""
    return (
        f"{100 * one.expected:.4f}",
        f"{100 * one.measured:.4f}",
        f"{100 * one.sampling_error:.4f}",
        f"{one.covered} of {one.errors}",
    )


def draw_errors(axes: Axes, x: Sequence[float], measured: Sequence[Accuracy]) -> None:
    """Draw measured errors in points, each with two standard errors to either side."""
    points_with_errors(
        axes,
        [
            (place, 100 * one.measured, 200 * one.sampling_error)
            for place, one in zip(x, measured, strict=True)
        ],
        colour=ESTIMATE,
        marker="o",
        label="simulated, ± two standard errors",
        gid="simulated",
    )
