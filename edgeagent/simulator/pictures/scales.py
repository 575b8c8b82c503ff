"""Scales of pictures that span powers of ten."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

__all__ = ["log_scales", "spread"]

_LINE_POINTS = 41


def spread(low: float, high: float) -> list[float]:
    """Return numbers between two, each larger by the same factor."""
    return list(np.geomspace(low, high, _LINE_POINTS))


def log_scales(axes: Axes, numbers: Sequence[int]) -> None:
    """Make both scales logarithmic, with a tick below each of ``numbers``."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sorted(set(numbers)), [_short(n) for n in sorted(set(numbers))])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    ticks = [m * 10.0**k for k in range(-4, 3) for m in (1, 2, 5) if low <= m * 10.0**k <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])


def _short(number: int) -> str:
    for unit, letter in ((1_000_000, " M"), (1_000, " k")):
        if number >= unit:
            return f"{number / unit:g}{letter}"
    return f"{number:g}"
