"""The picture of the error by ε, at one number of reports."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matplotlib.figure import Figure

from edgeagent.messages.task import MAX_ODDS
from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import Accuracy, expected_error
from edgeagent.simulator.pictures.by_fleet import ERROR_COLUMNS, draw_errors, error_cells
from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import (
    INK,
    QUIET,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)
from edgeagent.simulator.pictures.scales import spread

__all__ = ["by_epsilon_picture"]

_MOST_DRAWN_ODDS = Fraction(4)


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
        draw_errors(axes, ticks, measured)
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
            columns=("e^ε", "ε", *ERROR_COLUMNS),
            rows=tuple(
                (str(one.odds), f"{epsilon(one.odds):.3f}", *error_cells(one)) for one in measured
            ),
        ),
    )
