"""The picture of the privacy budget: what boxes have spent, week by week."""

from __future__ import annotations

from matplotlib.figure import Figure

from edgeagent.privacy.accounting import MAX_ODDS_PER_YEAR, YEAR_WEEKS, epsilon
from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    INK,
    TRUTH,
    Numbers,
    Picture,
    Screen,
    draw_picture,
)
from edgeagent.simulator.pictures.weeks import date_of

__all__ = ["budget_picture"]


def budget_picture(outcome: FleetOutcome) -> Picture:
    """Draw what boxes have spent of their privacy budget, week by week."""
    windows, last = outcome.windows, outcome.windows[-1]
    limit = epsilon(MAX_ODDS_PER_YEAR)

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        axes.axhline(limit, color=INK, lw=1, ls="--", label=f"limit in any {YEAR_WEEKS} weeks")
        for attribute, colour, label in (
            ("epsilon_most", TRUTH, "the most of one box"),
            ("epsilon_mean", ESTIMATE, "mean of boxes that may report"),
        ):
            axes.plot(
                range(1, len(windows) + 1),
                [getattr(window, attribute) for window in windows],
                color=colour,
                marker=".",
                ms=4,
                lw=1.4,
                label=label,
                gid=attribute,
            )
        axes.set_ylim(0, max(limit, last.epsilon_most) * 1.08)
        axes.set_xlabel("week of the run")
        axes.set_ylabel("ε spent in the run")
        legend_above(figure, axes, columns=3 if screen.wide else 1)

    return draw_picture(
        "budget",
        draw,
        heights_inches=(3.2, 3.8),
        caption=f"After {len(windows)} weeks a box has spent ε = {last.epsilon_most:.2f} at most "
        f"and {last.epsilon_mean:.2f} on average since the run began; the box itself allows "
        f"{limit:.2f} in any {YEAR_WEEKS} weeks.",
        description="Two rising lines over the weeks, the most that one box has spent since "
        "the run began and the mean, beside the line of the limit in any "
        f"{YEAR_WEEKS} weeks.",
        numbers=Numbers(
            columns=("week", "most of one box, ε", "mean, ε"),
            rows=tuple(
                (date_of(window), f"{window.epsilon_most:.3f}", f"{window.epsilon_mean:.3f}")
                for window in windows
            ),
        ),
    )
