"""A picture of intervals beside the truth, a row each: for chapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
    heights_of_rows,
)

__all__ = ["TruthRow", "truth_picture"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthRow:
    """One estimate and what it should be, as shares."""

    name: str
    value: float
    low: float
    high: float
    truth: float


def truth_picture(
    name: str, rows: Sequence[TruthRow], *, axis: str, caption: str, description: str
) -> Picture:
    """Draw estimates with their intervals beside the truth, the first row on top.

    Args:
        name: of the picture.
        rows: what is compared.
        axis: what the shares are of, below the axis.
        caption: one sentence.
        description: for screen readers.

    """
    places = list(range(len(rows)))[::-1]

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        low, high = ([100 * getattr(row, end) for row in rows] for end in ("low", "high"))
        axes.hlines(places, low, high, color=ESTIMATE, lw=3, alpha=0.35)
        axes.plot(
            [100 * row.value for row in rows],
            *(places, "o"),
            color=ESTIMATE,
            ms=5,
            label="planned, 95 % interval",
            gid="estimate",
        )
        axes.plot(
            [100 * row.truth for row in rows],
            *(places, "|"),
            color=TRUTH,
            ms=13,
            mew=2.2,
            label="truth",
            gid="truth",
        )
        axes.set_yticks(places, [screen.label(row.name) for row in rows])
        axes.set_xlabel(screen.label(f"{axis}, %"))
        axes.grid(visible=False, axis="y")
        legend_above(figure, axes, columns=2)

    return draw_picture(
        name,
        draw,
        heights_inches=heights_of_rows([row.name for row in rows], margin=0.9, row=0.27),
        caption=caption,
        description=description,
        numbers=Numbers(
            columns=("", "truth, %", "planned, %", "from", "to"),
            rows=tuple(
                (
                    row.name,
                    *(f"{100 * v:.2f}" for v in (row.truth, row.value, row.low, row.high)),
                )
                for row in rows
            ),
        ),
    )
