"""The errors of all mechanisms over the minimax bound, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from tests.bench.bench_privacy import Case, Others

_COLOURS = {
    "Subset Selection": "#0b6e4f",
    "discrete Laplace": "#c44900",
    "Hadamard response": "#7d5ba6",
    "OUE": "#3d7dca",
    "OLH": "#86a8d6",
    "k-RR": "#8a8a8a",
}
_OURS = ("Subset Selection", "discrete Laplace")
_SIZE = 33
_ODDS = 3.0


def draw(cases: Sequence[Case], others: Others, path: Path) -> None:
    """Draw the error by e^ε at 33 categories, and by categories at e^ε = 3."""
    points = {(case.mechanism, case.categories, case.odds): case.of_bound for case in cases} | {
        (name, categories, odds): ratio
        for (categories, odds), errors in others.items()
        for name, ratio in errors.items()
    }
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "edgeagent"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for name in dict.fromkeys(name for name, _, _ in points):
        style = {
            "color": _COLOURS[name],
            "label": name,
            "marker": "o",
            "linewidth": 2.2 if name in _OURS else 1.2,
        }
        by_odds = sorted((o, v) for (n, c, o), v in points.items() if (n, c) == (name, _SIZE))
        left.plot(*zip(*by_odds, strict=True), **style)
        by_size = sorted((c, v) for (n, c, o), v in points.items() if (n, o) == (name, _ODDS))
        right.plot(*zip(*by_size, strict=True), **style)
    left.set(xlabel="$e^ε$, 33 categories", ylabel="error / minimax bound", ylim=(0.9, None))
    left.set_xticks([1.5, 2, 3])
    right.set(xlabel="categories, $e^ε$ = 3", xticks=[9, 17, 33, 65])
    for axes in (left, right):
        axes.axhline(1, color="black", linewidth=0.8, linestyle=":")
        axes.spines[["top", "right"]].set_visible(False)
    right.legend(frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
