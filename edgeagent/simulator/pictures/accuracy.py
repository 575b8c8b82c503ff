"""Pictures of accuracy: the error by fleet size and by ε, beside theory."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgeagent.messages.task import MAX_ODDS
from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import Accuracy, expected_error
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    INK,
    QUIET,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
    legend_above,
    points_with_errors,
    ring,
)
from edgeagent.simulator.pictures.scales import log_scales, spread

__all__ = ["by_epsilon_picture", "by_fleet_picture"]

_MOST_DRAWN_ODDS = Fraction(4)


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
        _points(axes, reports, measured)
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
            columns=("reports", *_ERROR_COLUMNS),
            rows=tuple(
                (f"{one.reports:,}" + (", this run" if one is own else ""), *_error_cells(one))
                for one in [*measured, *([own] if own else [])]
            ),
        ),
    )


def by_epsilon_picture(measured: Sequence[Accuracy], truth: Sequence[float]) -> Picture:
    """Draw the error against ε at one number of reports, with the line of theory.

    Args:
        measured: at one number of reports, for each e^ε that an agent permits.
        truth: [S'] what was estimated.

    """
    reports = measured[0].reports
    lowest = min(one.odds for one in measured)
    line = [
        Fraction(round(float(odds), 4)) for odds in spread(float(lowest), float(_MOST_DRAWN_ODDS))
    ]

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        theory = [
            100 * expected_error(SubsetSelection(len(truth), odds), truth, reports=reports)
            for odds in line
        ]
        axes.plot(
            [epsilon(odds) for odds in line], theory, color=TRUTH, label="theory", gid="theory"
        )
        axes.axvspan(epsilon(MAX_ODDS), epsilon(_MOST_DRAWN_ODDS), color=QUIET, alpha=0.18, lw=0)
        axes.text(
            *(epsilon(MAX_ODDS) + 0.02, 0.97, "refused\nby the box"),
            transform=axes.get_xaxis_transform(),
            va="top",
            color=INK,
        )
        ticks = [epsilon(one.odds) for one in measured]
        _points(axes, ticks, measured)
        axes.set_xticks(
            ticks, [f"{e:.2f}\n({one.odds})" for e, one in zip(ticks, measured, strict=True)]
        )
        axes.set_xlim(epsilon(lowest) - 0.05, epsilon(_MOST_DRAWN_ODDS))
        axes.set_ylim(0, None)
        axes.set_xlabel("ε of a report (e^ε)")
        axes.set_ylabel("error of a share, points")
        legend_above(figure, axes, columns=2 if screen.wide else 1)

    best, worst = measured[0], measured[-1]
    return draw_picture(
        "by-epsilon",
        draw,
        heights_inches=(3.4, 3.6),
        caption=f"More privacy costs accuracy: at {reports:,} reports the error is by theory "
        f"{100 * best.expected:.2g} points at e^ε = {best.odds} and {100 * worst.expected:.2g} at "
        f"e^ε = {worst.odds}.",
        description="Root mean square error of shares against epsilon: a falling line of theory "
        "with a simulated point at each epsilon that a box permits.",
        numbers=Numbers(
            columns=("e^ε", "ε", *_ERROR_COLUMNS),
            rows=tuple(
                (str(one.odds), f"{epsilon(one.odds):.3f}", *_error_cells(one)) for one in measured
            ),
        ),
    )


_ERROR_COLUMNS = (
    "error by theory, points",
    "simulated",
    "± standard error",
    "intervals that hold the truth",
)


def _error_cells(one: Accuracy) -> tuple[str, ...]:
    return (
        f"{100 * one.expected:.4f}",
        f"{100 * one.measured:.4f}",
        f"{100 * one.sampling_error:.4f}",
        f"{one.covered} of {one.errors}",
    )


def _points(axes: Axes, x: Sequence[float], measured: Sequence[Accuracy]) -> None:
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
