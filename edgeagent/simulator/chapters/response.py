"""What chapters about responses share: tastes of people, assumed effects, and their bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeagent.simulator.chapters.chapter import Ground
from edgeagent.simulator.chapters.living import segments_before, segments_later
from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import ESTIMATE, TRUTH, Screen

__all__ = ["draw_uplifts", "effect_name", "tastes"]

_COLORS = ("0.6", ESTIMATE, TRUTH)


def tastes(ground: Ground, *, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return [U, S] parts of segments as boxes saw people, and as they lived later.

    Args:
        ground: a trained model and what was watched before and after it.
        most: people; those who watched in both times, in the panel's order.

    """
    seen, lived = segments_before(ground), segments_later(ground)
    both = np.flatnonzero((seen.sum(axis=1) > 0) & (lived.sum(axis=1) > 0))[:most]
    return _parts(seen[both]), _parts(lived[both])


def effect_name(effect: float) -> str:
    """Return what an effect is called: how many times as often what suits entirely is chosen."""
    return "none" if effect == 0 else f"{1 + effect:.0f}x"


def draw_uplifts(
    figure: Figure,
    screen: Screen,
    uplifts: Mapping[str, Mapping[str, float]],
    *,
    effects: Sequence[str],
    label: str,
) -> None:
    """Draw the uplift of each of three policies, grouped by effect.

    Args:
        figure: empty.
        screen: what it is drawn for.
        uplifts: parts by the name of an effect, by what a policy is called.
        effects: their names, in order.
        label: of the axis.

    """
    axes = figure.subplots()
    for shift, (name, uplift) in enumerate(uplifts.items()):
        axes.barh(
            [place + 0.27 * shift for place in range(len(effects))],
            [100 * uplift[effect] for effect in effects],
            height=0.24,
            color=_COLORS[shift],
            label=name,
        )
    axes.set_yticks([place + 0.27 for place in range(len(effects))], effects)
    axes.set_xlabel(screen.label(label))
    axes.grid(visible=False, axis="y")
    legend_above(figure, axes, columns=3 if screen.wide else 1)


def _parts(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))
