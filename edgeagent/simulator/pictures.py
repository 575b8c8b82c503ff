"""Pictures of a simulation as inline SVG, each drawn for a wide and for a narrow screen."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import shorten

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.quality import Quality

__all__ = ["Picture", "quality_picture", "shares_picture", "times_picture"]

_INK = "#1f2a37"
_ESTIMATE = "#1d6fb8"
_TRUTH = "#d9480f"
_QUIET = "#9aa5b1"
_WIDE_INCHES = 9.0
_NARROW_INCHES = 4.4
_STYLE = {
    "svg.fonttype": "none",  # text stays text: sharp, small, searchable
    "svg.hashsalt": "edgeagent",  # the same picture has the same bytes
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
}


Draw = Callable[[Axes, int], None]
"""Draws into axes; the number is the maximum length of a label in letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture in two widths, and a description of what it shows."""

    wide: str
    narrow: str
    description: str


def shares_picture(fleet: FleetOutcome, names: tuple[str, ...]) -> Picture:
    """Draw estimated shares with intervals beside the true ones, largest first."""
    order = np.argsort(fleet.truth)

    def draw(axes: Axes, letters: int) -> None:
        rows = np.arange(len(order))
        estimates = np.array(fleet.estimate.shares)[order] * 100
        intervals = np.array(fleet.estimate.intervals)[order] * 100
        axes.hlines(rows, intervals[:, 0], intervals[:, 1], color=_ESTIMATE, lw=3, alpha=0.35)
        axes.plot(estimates, rows, "o", color=_ESTIMATE, ms=5, label="estimate, 95 % interval")
        truth = np.array(fleet.truth)[order] * 100
        axes.plot(truth, rows, "|", color=_TRUTH, ms=13, mew=2.2, label="truth")
        axes.set_yticks(rows, [shorten(names[i], letters, placeholder=" …") for i in order])
        axes.set_ylim(-0.7, len(order) - 0.3)
        axes.axvline(0, color=_QUIET, lw=0.8)
        axes.set_xlabel("share of viewing sessions, %")
        axes.grid(axis="x", color="#e4e7eb", lw=0.8)
        axes.set_axisbelow(True)
        # A legend of the figure, not the axes: long labels leave narrow axes too little space.
        axes.figure.legend(loc="outside upper center", ncols=2, frameon=False)

    return _picture(
        draw,
        height_inches=0.6 + 0.25 * len(order),
        description=f"Estimated share of viewing sessions for {len(order)} categories with 95 "
        f"percent intervals; {fleet.interval_coverage:.0%} of them cover the truth.",
    )


def quality_picture(quality: Quality) -> Picture:
    """Draw NDCG@10 of the model and of popularity with their standard errors."""
    means, errors = zip(quality.ndcg_at_10, quality.popularity_ndcg_at_10, strict=True)

    def draw(axes: Axes, _letters: int) -> None:
        axes.barh([1, 0], means, color=[_ESTIMATE, _QUIET], height=0.62)
        axes.errorbar(means, [1, 0], xerr=errors, fmt="none", ecolor=_INK, capsize=4, lw=1.4)
        for mean, error, row in zip(means, errors, [1, 0], strict=True):
            axes.text(mean + error, row, f"  {mean:.3f} ± {error:.3f}", va="center")
        axes.set_yticks([1, 0], ["picks", "popularity"])
        axes.set_xlim(0, max(means) * 1.45)
        axes.set_xlabel("NDCG@10 (± standard error)")

    return _picture(
        draw,
        height_inches=1.7,
        description=f"NDCG at 10: picks {means[0]:.3f}, popularity {means[1]:.3f}.",
    )


def times_picture(seconds: dict[str, float]) -> Picture:
    """Draw the duration of each stage of the run."""
    names, values = list(seconds), list(seconds.values())

    def draw(axes: Axes, _letters: int) -> None:
        rows = np.arange(len(names))[::-1]
        axes.barh(rows, values, color=_ESTIMATE, height=0.62)
        for value, row in zip(values, rows, strict=True):
            axes.text(value, row, f" {value:.1f} s", va="center")
        axes.set_yticks(rows, names)
        axes.set_xlim(0, max(values) * 1.2)
        axes.set_xlabel("seconds")

    return _picture(
        draw,
        height_inches=0.7 + 0.3 * len(names),
        description="Seconds a stage: " + ", ".join(f"{n} {v:.0f}" for n, v in seconds.items()),
    )


def _picture(draw: Draw, *, height_inches: float, description: str) -> Picture:
    return Picture(
        wide=_svg(draw, _WIDE_INCHES, height_inches, letters=48),
        narrow=_svg(draw, _NARROW_INCHES, height_inches, letters=24),
        description=description,
    )


def _svg(draw: Draw, width_inches: float, height_inches: float, *, letters: int) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
        draw(figure.subplots(), letters)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
