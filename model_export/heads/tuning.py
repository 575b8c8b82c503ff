"""What choosing settings on validation data has in common, whatever the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model_export.evaluation.ranking import RankingQuality, paired_gain
from model_export.evaluation.splits import Aim
from model_export.heads.als import FactorEngine, LocalEngine
from model_export.heads.blend import BlendSettings
from model_export.heads.devices import Device
from model_export.heads.foldin import FoldinTuned
from model_export.heads.linear import LinearSettings
from model_export.log import WatchLog

__all__ = [
    "FADINGS",
    "NO_FADING",
    "FitOrder",
    "Progress",
    "clearly_better",
    "climb",
    "validation_value",
]

Progress = Callable[[str, float], None]
"""Told what is happening and how much of the whole is done, 0-1."""

NO_FADING = (36_500.0, 1.0)
FADINGS = (NO_FADING, (30.0, 0.1), (30.0, 0.3), (100.0, 0.1), (300.0, 0.1), (300.0, 0.3))
"""τ in days and floor to choose from."""
_CLEARLY = 2.0
"""Paired standard errors."""

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOrder:
    """How a head is to be fitted; equal orders on equal logs give equal heads."""

    dimension: int
    """D."""
    seed: int
    """Of everything that is drawn."""
    lengths: tuple[int, ...] = ()
    """What ``linear`` chooses its D from instead, on validation data: its shorter rows need no fit
    of their own, they are parts of its longest. None: D is ``dimension``."""
    progress: Progress = lambda _what, _done: None
    """Told what is happening and how much of the whole is done, 0-1."""
    aim: Aim = "later"
    """What settings are chosen for, and ``timescales`` is trained for."""
    settled: FoldinTuned | LinearSettings | BlendSettings | None = None
    """What a model before was made with. It stays unless the best is better by more than two paired
    standard errors: other settings make another space, in which a tenth of the sessions would lie
    in another segment."""
    start: NDArray[np.float32] | None = None
    """[N, D] embeddings of the same head before; see :mod:`model_export.heads.warm_start`."""
    engine: FactorEngine = field(default_factory=LocalEngine)
    """What fits the embeddings of ``foldin``."""
    device: Device = "cpu"
    """Where ``timescales`` is trained."""
    more: Sequence[WatchLog] = ()
    """Further people, read part by part, that ``timescales`` learns from, too: logs over the same
    titles. What else is learnt, whatever the head, is learnt from the log alone."""


def validation_value(quality: RankingQuality) -> float:
    """Return what settings are chosen by.

    The mean of NDCG@10, what is shown, and of NDCG@100, which varies less between people.
    """
    return float(_values(quality).mean())


def clearly_better(
    best: RankingQuality, settled: RankingQuality, *, errors: float = _CLEARLY
) -> bool:
    """Whether ``best`` is ahead by so many paired standard errors: worth another space, at two."""
    gain, error = paired_gain(_values(best), _values(settled))
    return gain > errors * error


def climb(start: _Point, *, steps: _Point, height: Callable[[_Point], float], most: int) -> _Point:
    """Return the point no neighbour of which is higher.

    Args:
        start: two settings.
        steps: the factor by which a neighbour differs in the first, and in the second.
        height: what is maximised.
        most: of points that are looked at.

    """
    heights: dict[_Point, float] = {}
    first, second = steps
    moves = ((1.0, 1.0), (first, 1.0), (1 / first, 1.0), (1.0, second), (1.0, 1 / second))
    here = start
    while True:
        around = [(here[0] * up, here[1] * across) for up, across in moves]
        for point in around:
            if point not in heights and len(heights) < most:
                heights[point] = height(point)
        best = max(around, key=lambda point: heights.get(point, -np.inf))
        if best == here or len(heights) >= most:
            return best
        here = best


def _values(quality: RankingQuality) -> NDArray[np.float64]:
    """Return [P] what is maximised, person by person."""
    return (quality.ndcg_at_10 + quality.ndcg_at_100) / 2
