"""Pictures of a fleet's weeks: what became of the boxes, and their traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgeagent.clock import iso_utc, week_start
from edgeagent.messages.report import REPORT_BYTES
from edgeagent.simulator.fleet.outcome import BoxCounts, FleetOutcome, FleetWindow
from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    QUIET,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)

__all__ = ["boxes_picture", "cost_picture", "date_of"]

_Parts = Mapping[str, Callable[[BoxCounts], int]]
"""What a bar is made of, from below."""
_FATES: _Parts = {
    "counted in time": lambda boxes: boxes.reported - boxes.late,
    "counted late": lambda boxes: boxes.late,
    "refused": lambda boxes: boxes.refused,
    "old task": lambda boxes: boxes.outdated,
    "new: silent": lambda boxes: boxes.silent,
    "off": lambda boxes: boxes.off,
    "not granted": lambda boxes: boxes.opted_out,
}
_COLOURS_OF_FATES = (ESTIMATE, "#7fb2dd", TRUTH, "#f3b26b", "#8f5bb5", QUIET, "#d8dde3")
_ARRIVED: _Parts = {
    "counted": lambda boxes: boxes.reported,
    "sent twice": lambda boxes: boxes.duplicate,
    "refused": lambda boxes: boxes.refused,
}
_COLOURS_OF_ARRIVED = (ESTIMATE, QUIET, TRUTH)


def boxes_picture(outcome: FleetOutcome) -> Picture:
    """Draw what became of the boxes that were due, week by week."""
    windows, boxes = outcome.windows, outcome.boxes

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        _stack(axes, windows, _FATES, _COLOURS_OF_FATES)
        axes.set_ylabel("boxes due")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        legend_above(figure, axes, columns=4 if screen.wide else 2)

    return draw_picture(
        "boxes",
        draw,
        heights_inches=(3.4, 4.0),
        caption=f"{outcome.devices:,} boxes were due {boxes.due:,} times in all: in "
        f"{boxes.reported / boxes.due:.0%} of them a report was counted, in "
        f"{boxes.opted_out / boxes.due:.0%} the household does not grant reports.",
        description="Stacked bars, one a week: the boxes due by what became of their report.",
        numbers=Numbers(
            columns=("week", "due", *_FATES, "liars among the counted"),
            rows=tuple(
                (
                    date_of(window),
                    f"{window.boxes.due:,}",
                    *(f"{number(window.boxes):,}" for number in _FATES.values()),
                    f"{window.boxes.poisoned:,}",
                )
                for window in windows
            ),
        ),
    )


def cost_picture(outcome: FleetOutcome) -> Picture:
    """Draw the traffic of reports, week by week; the caption says what the simulation took."""
    windows, cost = outcome.windows, outcome.cost

    def draw(figure: Figure, _screen: Screen) -> None:
        axes = figure.subplots()
        _stack(axes, windows, _ARRIVED, _COLOURS_OF_ARRIVED, each=REPORT_BYTES / 1e6)
        axes.set_ylabel("reports, MB a week")
        legend_above(figure, axes, columns=3)

    rows = []
    for window in windows:
        arrived = [number(window.boxes) for number in _ARRIVED.values()]
        cells = (*arrived, REPORT_BYTES * sum(arrived))
        rows.append((date_of(window), *(f"{cell:,}" for cell in cells)))
    return draw_picture(
        "cost",
        draw,
        heights_inches=(2.8, 3.2),
        caption=f"{cost.reports_sent:,} reports of {REPORT_BYTES} bytes are "
        f"{cost.bytes_sent / 1e6:,.1f} MB in {len(windows)} weeks, "
        f"{cost.bytes_sent / outcome.devices:,.0f} bytes a box; to simulate "
        f"{cost.box_windows:,} box-windows took {cost.seconds:.1f} s.",
        description="Stacked bars, one a week: megabytes of reports that were counted, sent twice "
        "or refused.",
        numbers=Numbers(columns=("week", *_ARRIVED, "bytes"), rows=tuple(rows)),
    )


def date_of(window: FleetWindow) -> str:
    """Return the Monday of a window's week."""
    return iso_utc(week_start(window.week))[:10]


def _weeks(windows: Sequence[FleetWindow]) -> range:
    return range(1, len(windows) + 1)


def _stack(
    axes: Axes,
    windows: Sequence[FleetWindow],
    parts: _Parts,
    colours: Sequence[str],
    *,
    each: float = 1.0,
) -> None:
    """Draw one bar a week, made of parts; ``each`` box is so high."""
    below = np.zeros(len(windows))
    for (label, number), colour in zip(parts.items(), colours, strict=True):
        heights = each * np.array([number(window.boxes) for window in windows])
        axes.bar(_weeks(windows), heights, bottom=below, width=0.85, color=colour, label=label)
        below += heights
    axes.set_xlabel("week of the run")
    axes.grid(visible=False, axis="x")
