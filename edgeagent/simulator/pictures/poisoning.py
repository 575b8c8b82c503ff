"""The picture of attacks: by how much liars move a segment, beside the theory of each attack."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from edgeagent.simulator.attack_trials import AttackTrial
from edgeagent.simulator.pictures.marks import legend_above, points_with_errors, ring
from edgeagent.simulator.pictures.picture import (
    Numbers,
    Picture,
    Screen,
    draw_picture,
)

__all__ = ["poisoning_picture"]

_STYLES = {
    "maximal-gain": ("#c92a2a", "o", "always name it"),
    "random": ("#5b6775", "s", "answer at random"),
    "duplicate": ("#8f5bb5", "D", "report five times"),
}
_NAMED = 0.01
"""The fraction of liars that the caption names."""
_COLUMNS = (
    *("attack", "boxes that lie, %"),
    *("rise by theory, points", "simulated", "± standard error"),
)


def poisoning_picture(
    trials: Sequence[AttackTrial], name: str, *, own: AttackTrial | None
) -> Picture:
    """Draw how far each attack moves its target, by the fraction of boxes that lie.

    Args:
        trials: attacks by several numbers of liars.
        name: of the segment that they push.
        own: the attack on this run's fleet, if there was one.

    """
    by_attack = {
        attack: [trial for trial in trials if trial.poisoning.attack == attack]
        for attack in _STYLES
    }

    def draw(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        for attack, (colour, marker, words) in _STYLES.items():
            those = by_attack[attack]
            shares = [100 * trial.poisoning.share for trial in those]
            axes.plot(
                [0, *shares],
                [0, *(100 * trial.expected for trial in those)],
                color=colour,
                gid=f"theory-{attack}",
            )
            points_with_errors(
                axes,
                [
                    (x, 100 * trial.measured, 200 * trial.effect.standard_error)
                    for x, trial in zip(shares, those, strict=True)
                ],
                colour=colour,
                marker=marker,
                label=f"{attack}: {words}",
                gid=f"simulated-{attack}",
            )
        if own is not None:
            words = f"this run: {own.poisoning.attack}"
            ring(axes, 100 * own.poisoning.share, 100 * own.measured, label=words)
        axes.set_xlabel("boxes that lie, %")
        axes.set_ylabel("rise of the estimate, points")
        legend_above(figure, axes, columns=2 if screen.wide else 1)

    effects = ", ".join(
        f"by {100 * trial.expected:.1f} points if they {_STYLES[trial.poisoning.attack][2]}"
        for trial in trials
        if trial.poisoning.share == _NAMED
    )
    shown = [*trials, *([own] if own else [])]
    return draw_picture(
        "poisoning",
        draw,
        heights_inches=(3.8, 4.4),
        caption=f"If {100 * _NAMED:g} % of the boxes lie, the estimate of “{name}” rises "
        f"{effects}.",
        description="Rise of the estimate against the fraction of boxes that lie: for each attack "
        "a line of theory with simulated points on it.",
        numbers=Numbers(
            columns=_COLUMNS,
            rows=tuple(
                (
                    trial.poisoning.attack + (", this run" if trial is own else ""),
                    f"{100 * trial.poisoning.share:g}",
                    f"{100 * trial.expected:.3f}",
                    f"{100 * trial.measured:.3f}",
                    f"{100 * trial.effect.standard_error:.3f}",
                )
                for trial in shown
            ),
        ),
    )
