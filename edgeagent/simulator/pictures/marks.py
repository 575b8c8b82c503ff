"""What several pictures share: legends, points with errors, the ring around a run's own point."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgeagent.simulator.pictures.picture import INK

__all__ = ["legend_above", "points_with_errors", "ring", "value_beside"]


def legend_above(figure: Figure, axes: Axes, *, columns: int) -> None:
    """Put the legend of ``axes`` above everything.

    One of the axes themselves leaves them too little width where labels are long.
    """
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def points_with_errors(
    axes: Axes,
    points: Sequence[tuple[float, float, float]],
    *,
    colour: str,
    marker: str,
    gid: str,
    label: str | None = None,
) -> None:
    """Draw points, each with its place, its value and the length of its bar to either side.

    Bars and points apart: of one call of matplotlib all would have the same id.
    """
    if not points:
        return
    x, y, errors = zip(*points, strict=True)
    axes.errorbar(x, y, yerr=errors, fmt="none", ecolor=colour, capsize=3)
    axes.plot(x, y, marker, color=colour, ms=5, label=label, gid=gid)


def ring(axes: Axes, x: float, y: float, *, label: str) -> None:
    """Draw a ring around the point of the run that a picture stands beside."""
    axes.plot(x, y, "o", ms=13, mfc="none", mec=INK, mew=1.6, label=label, gid="own")


def value_beside(axes: Axes, x: float, y: float, text: str) -> None:
    """Write a value beside the end of its bar. Of blanks at its beginning a browser keeps none."""
    axes.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", va="center")
