"""Pictures of a whole run: shares of segments, quality of picks, durations."""

from __future__ import annotations

from math import fsum

import numpy as np
from matplotlib.figure import Figure

from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.pictures.marks import legend_above, value_beside
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    INK,
    QUIET,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
    heights_of_rows,
)
from edgeagent.simulator.quality import Quality

__all__ = ["quality_picture", "shares_picture", "times_picture"]


def shares_picture(fleet: FleetOutcome, names: tuple[str, ...]) -> Picture:
    """Draw estimated shares with intervals beside the true ones, largest first."""
    order = np.argsort(fleet.truth)
    rows = np.arange(len(order))
    estimates = np.array(fleet.estimate.shares)[order] * 100
    intervals = np.array(fleet.estimate.intervals)[order] * 100
    truth = np.array(fleet.truth)[order] * 100

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        axes.hlines(rows, intervals[:, 0], intervals[:, 1], color=ESTIMATE, lw=3, alpha=0.35)
        axes.plot(
            *(estimates, rows, "o"),
            color=ESTIMATE,
            ms=5,
            label="estimate, 95 % interval",
            gid="estimate",
        )
        axes.plot(truth, rows, "|", color=TRUTH, ms=13, mew=2.2, label="truth", gid="truth")
        axes.set_yticks(rows, [screen.label(names[i]) for i in order])
        axes.set_ylim(-0.7, len(order) - 0.3)
        axes.axvline(0, color=QUIET, lw=0.8)
        axes.set_xlabel(screen.label("share of the answers of reporting boxes, %"))
        axes.grid(visible=False, axis="y")
        legend_above(figure, axes, columns=2)

    return draw_picture(
        "shares",
        draw,
        heights_inches=heights_of_rows(names, margin=0.6, row=0.25),
        caption=f"{fleet.interval_coverage:.0%} of {len(order)} intervals cover the truth, at "
        f"±{100 * fleet.mean_half_width:.1f} points on average.",
        description="Each category's estimated share of the answers of reporting boxes with its "
        "interval, and the true share.",
        numbers=Numbers(
            columns=("category", "truth, %", "estimate, %", "from", "to"),
            rows=tuple(
                (
                    names[i],
                    *(f"{truth[row]:.2f}", f"{estimates[row]:.2f}"),
                    *(f"{bound:.2f}" for bound in intervals[row]),
                )
                for row, i in reversed(list(enumerate(order)))
            ),
        ),
    )


def quality_picture(quality: Quality) -> Picture:
    """Draw NDCG@10 of the model and of popularity with their standard errors."""
    means, errors = zip(quality.ndcg_at_10, quality.popularity_ndcg_at_10, strict=True)
    names = ("picks", "popularity")

    def draw(figure: Figure, _screen: Screen) -> None:
        axes = figure.subplots()
        axes.barh([1, 0], means, color=[ESTIMATE, QUIET], height=0.62)
        axes.errorbar(means, [1, 0], xerr=errors, fmt="none", ecolor=INK, capsize=4, lw=1.4)
        for mean, error, row in zip(means, errors, [1, 0], strict=True):
            value_beside(axes, mean + error, row, f"{mean:.3f} ± {error:.3f}")
        axes.set_yticks([1, 0], names)
        axes.set_xlim(0, max(means) * 1.45)
        axes.set_xlabel("NDCG@10 (± standard error)")
        axes.grid(visible=False)

    return draw_picture(
        "quality",
        draw,
        heights_inches=(1.7, 1.7),
        caption=f"NDCG@10 of what {quality.users:,} people watched later is {means[0]:.3f} for "
        f"picks and {means[1]:.3f} for what is popular.",
        description="Two bars: NDCG at 10 of picks and of popularity.",
        numbers=Numbers(
            columns=("", "NDCG@10", "standard error"),
            rows=tuple(
                (name, f"{mean:.3f}", f"{error:.3f}")
                for name, mean, error in zip(names, means, errors, strict=True)
            ),
        ),
    )


def times_picture(seconds: dict[str, float]) -> Picture:
    """Draw the duration of each stage of the run."""
    names, values = list(seconds), list(seconds.values())
    longest = max(names, key=seconds.__getitem__)

    def draw(figure: Figure, _screen: Screen) -> None:
        axes = figure.subplots()
        rows = np.arange(len(names))[::-1]
        axes.barh(rows, values, color=ESTIMATE, height=0.62)
        for value, row in zip(values, rows, strict=True):
            value_beside(axes, value, row, f"{value:.1f} s")
        axes.set_yticks(rows, names)
        axes.set_xlim(0, max(values) * 1.2)
        axes.set_xlabel("seconds")
        axes.grid(visible=False)

    height = 0.7 + 0.3 * len(names)
    return draw_picture(
        "times",
        draw,
        heights_inches=(height, height),
        caption=f"Of {fsum(values):.1f} seconds the stage “{longest}” took {seconds[longest]:.1f}.",
        description="A bar for each stage of the run.",
        numbers=Numbers(
            columns=("stage", "seconds"),
            rows=tuple((name, f"{value:.2f}") for name, value in seconds.items()),
        ),
    )
