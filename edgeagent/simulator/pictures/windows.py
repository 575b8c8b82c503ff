"""The picture of a fleet's estimates, week by week."""

from __future__ import annotations

from math import ceil
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from edgeagent.simulator.fleet.outcome import FleetOutcome, FleetWindow
from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)
from edgeagent.simulator.pictures.weeks import date_of

__all__ = ["windows_picture"]

_SHOWN = 4
_MOST_ROWS = 2
"""Categories above each other on a wide screen."""


def windows_picture(outcome: FleetOutcome, names: tuple[str, ...]) -> Picture:
    """Draw estimate, 95 % band and truth over the weeks, for what moved most."""
    windows = outcome.windows
    shown = _most_moved(outcome)
    weeks = np.arange(1, len(windows) + 1)

    def draw(figure: Figure, screen: Screen) -> None:
        rows = min(ceil(len(shown) / 2), _MOST_ROWS) if screen.wide else len(shown)
        grid = figure.subplots(rows, ceil(len(shown) / rows), sharex=True, squeeze=False)
        for axes, category in zip(grid.flat, shown, strict=False):
            values, low, high = _estimates(windows, category)
            axes.fill_between(weeks, low, high, color=ESTIMATE, alpha=0.18, lw=0, label="95 % band")
            axes.plot(
                *(weeks, values, ".-"),
                color=ESTIMATE,
                lw=1,
                label="estimate",
                gid=f"estimate-{category}",
            )
            for attribute, style, label in (
                ("truth", "-", "truth: boxes that may report"),
                ("truth_of_all", ":", "truth: all boxes"),
            ):
                axes.plot(
                    weeks,
                    [100 * getattr(window, attribute)[category] for window in windows],
                    style,
                    color=TRUTH,
                    lw=1.8,
                    label=label,
                    gid=f"{attribute}-{category}",
                )
            axes.set_title(fill(names[category], 40))
            axes.set_ylabel("% of sessions")
        for axes in grid[-1]:
            axes.set_xlabel("week of the run")
        legend_above(figure, grid[0][0], columns=4 if screen.wide else 2)

    held = sum(_covered(window) for window in windows)
    of = len(outcome.truth) * sum(window.estimate is not None for window in windows)
    return draw_picture(
        "windows",
        draw,
        heights_inches=(4.6, 7.6),
        caption=f"Each week is estimated from its own reports alone, and {held:,} of {of:,} bands "
        f"of all categories hold the truth ({held / max(of, 1):.1%}); shown are {len(shown)}: "
        f"{'the one that liars push, and ' if outcome.effect else ''}those that moved most.",
        description="For each of some categories, lines over the weeks of the run: estimate with "
        "its band, the truth of the boxes that may report, and that of all boxes.",
        numbers=Numbers(
            columns=(
                "week",
                "reports",
                *(
                    f"{names[category]}: {what}"
                    for category in shown
                    for what in ("truth, %", "estimate, %", "from", "to")
                ),
            ),
            rows=tuple(
                (
                    date_of(window),
                    f"{window.boxes.reported:,}",
                    *(cell for category in shown for cell in _cells(window, category)),
                )
                for window in windows
            ),
        ),
    )


def _most_moved(outcome: FleetOutcome) -> list[int]:
    """Return categories whose truth moved most in points, an attack's target first."""
    truth = np.array([window.truth for window in outcome.windows])
    order = np.argsort(-np.ptp(truth, axis=0), kind="stable").tolist()
    target = [] if outcome.effect is None else [outcome.effect.target]
    return list(dict.fromkeys([*target, *order]))[:_SHOWN]


def _estimates(windows: tuple[FleetWindow, ...], category: int) -> np.ndarray:
    """Return [3, weeks] estimate and bounds in percent; NaN where nothing was reported."""
    return (
        100
        * np.array(
            [
                (np.nan,) * 3
                if window.estimate is None
                else (window.estimate.values[category], *window.estimate.intervals[category])
                for window in windows
            ]
        ).T
    )


def _covered(window: FleetWindow) -> int:
    if window.estimate is None:
        return 0
    pairs = zip(window.estimate.intervals, window.truth, strict=True)
    return sum(low <= true <= high for (low, high), true in pairs)


def _cells(window: FleetWindow, category: int) -> tuple[str, ...]:
    truth = f"{100 * window.truth[category]:.2f}"
    if window.estimate is None:
        return truth, "", "", ""
    low, high = window.estimate.intervals[category]
    numbers = (window.estimate.values[category], low, high)
    return truth, *(f"{100 * number:.2f}" for number in numbers)
