"""The picture of a sweep: half-width by fleet size, a line for each e^ε."""

from __future__ import annotations

from matplotlib.figure import Figure

from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.precision import half_width
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.pictures.marks import legend_above, points_with_errors
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)
from edgeagent.simulator.pictures.scales import log_scales, spread
from edgeagent.simulator.sweep import Sweep, SweepPoint

__all__ = ["sweep_picture"]

_COLOURS = (ESTIMATE, "#0b7a5c", "#8f5bb5")
_MARKERS = ("o", "s", "D")
_BESIDE = (0.96, 1.0, 1.04)
"""Points of one fleet size stand beside each other, so that their bars can be told apart."""
_COLUMNS = (
    *("e^ε", "boxes", "half-width by theory, points"),
    *("simulated", "± standard error", "intervals that hold the truth"),
)


def sweep_picture(sweep: Sweep) -> Picture:
    """Draw the half-width of a segment's interval against fleet size, a line for each e^ε."""
    line = spread(min(sweep.fleets), max(sweep.fleets))

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        styles = zip(sweep.rows, _COLOURS, _MARKERS, _BESIDE, strict=True)
        for row, colour, marker, beside in styles:
            odds = row[0].odds
            mechanism = SubsetSelection(sweep.categories, odds)
            axes.plot(
                line,
                [100 * half_width(mechanism, sweep.share, reports=n) for n in line],
                color=colour,
                label=f"e^ε = {odds} (ε = {epsilon(odds):.2f})",
                gid=f"theory-{odds.numerator}-{odds.denominator}",
            )
            points_with_errors(
                axes,
                [
                    (beside * point.boxes, 100 * width, 200 * error)
                    for point in row
                    if (width := point.simulated_half_width) is not None
                    and (error := point.sampling_error) is not None
                ],
                colour=colour,
                marker=marker,
                gid=f"simulated-{odds.numerator}-{odds.denominator}",
            )
        log_scales(axes, sweep.fleets)
        axes.set_xlabel("boxes, each of which reports once a quarter")
        axes.set_ylabel("half-width, points")
        legend_above(figure, axes, columns=3 if screen.wide else 1)

    return draw_picture(
        "sweep",
        draw,
        heights_inches=(4.2, 4.4),
        caption=f"Half of a 95 % interval for a segment with {100 * sweep.share:g} % of all "
        "sessions: lines are theory, points are simulated fleets with two standard errors.",
        description="Half-width of a segment's interval against the number of boxes, both on "
        "logarithmic scales: a falling line for each e^epsilon, with simulated points on it.",
        numbers=Numbers(
            columns=_COLUMNS,
            rows=tuple(_cells(point) for point in sweep.points),
        ),
    )


def _cells(point: SweepPoint) -> tuple[str, ...]:
    simulated, width, error = point.simulated, point.simulated_half_width, point.sampling_error
    cells = str(point.odds), f"{point.boxes:,}", f"{100 * point.half_width:.3f}"
    if simulated is None or width is None or error is None:
        return (*cells, "", "", "")
    covered = f"{simulated.covered} of {simulated.errors}"
    return (*cells, f"{100 * width:.3f}", f"{100 * error:.3f}", covered)
