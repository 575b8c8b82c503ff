"""Choosing α, λ, τ and the floor on validation data, split off inside the training part.

Every setting is judged by what the box will do, the fold-in, never by the training loss: the
library that fits the factors weighs viewings a little differently (1 + w on the right-hand side).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.evaluation.ranking import (
    RankingQuality,
    Scorer,
    Split,
    evaluate_ranking,
    paired_gain,
)
from model_export.evaluation.splits import Aim, validation_split
from model_export.heads.als import FactorEngine, LocalEngine
from model_export.heads.encoders import history_scorer
from model_export.heads.factors import ItemTable
from model_export.heads.foldin import FoldinSettings, FoldinSolver
from model_export.log import WatchLog

__all__ = ["FitOrder", "Progress", "Tuned", "foldin_scorer", "tune", "validation_value"]

Progress = Callable[[str, float], None]
"""Told what is happening and how much of the whole is done, 0-1."""

_MINIMUM_DIRECTIONS = 8
_FAINT = 1e-4
"""Of the strongest eigenvalue of YᵀY."""
_STEP = 3.0
_MAX_FITS = 12
_START = (1.0, 10.0)
_UNTUNED = (1.0, 1.0)
"""For logs too small to hold anybody out, where λ = 10 would leave a single direction."""
_FADINGS = ((30.0, 0.1), (30.0, 0.3), (100.0, 0.1), (300.0, 0.1), (300.0, 0.3))
_CLEARLY = 2.0
"""Paired standard errors."""
_NO_FADING = (36_500.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The settings that validation chose."""

    fit_alpha: float
    """α the factors are fitted with."""
    fit_regularization: float
    """λ the factors are fitted with."""
    foldin: FoldinSettings
    validation: RankingQuality | None
    """Of these settings; ``None`` where the log is too small to hold anybody out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOrder:
    """How a head is to be fitted; equal orders on equal logs give equal heads."""

    dimension: int
    """D."""
    seed: int
    """Of everything that is drawn."""
    progress: Progress = lambda _what, _done: None
    """Told what is happening and how much of the whole is done, 0-1."""
    aim: Aim = "later"
    """What settings are chosen for, and ``timescales`` is trained for."""
    settled: Tuned | None = None
    """What a model before was made with. It stays unless the best is better by more than two paired
    standard errors: other settings make another space, in which a tenth of the sessions would lie
    in another segment."""
    start: NDArray[np.float32] | None = None
    """[N, D] embeddings of ``foldin`` before; see :mod:`model_export.heads.als`."""
    engine: FactorEngine = field(default_factory=LocalEngine)
    """What fits the embeddings of ``foldin``."""


def foldin_scorer(
    embeddings: NDArray[np.floating], bias: NDArray[np.floating], settings: FoldinSettings
) -> Scorer:
    """Return the fold-in over embeddings [N, D] and bias [N] as a scorer."""
    return history_scorer(FoldinSolver(embeddings, settings), embeddings, bias)


def validation_value(quality: RankingQuality) -> float:
    """Return what settings are chosen by.

    The mean of NDCG@10, what is shown, and of NDCG@100, which varies less between people.
    """
    return float(quality.ndcg_at_10.mean() + quality.ndcg_at_100.mean()) / 2


def tune(log: WatchLog, order: FitOrder) -> Tuned:
    """Choose settings on people of ``log`` held out as :func:`validation_split` does.

    From (α, λ) = (1, 10), or from what is settled, climb to the best neighbour a factor of three
    away until none is better; then choose the fold-in's own α and λ, then how viewings fade.
    """
    settled = order.settled
    try:
        split = validation_split(log, aim=order.aim, seed=order.seed)
    except InputError:
        return settled or Tuned(
            fit_alpha=_UNTUNED[0],
            fit_regularization=_UNTUNED[1],
            foldin=_unfading(*_UNTUNED),
            validation=None,
        )
    search = _Search(split, order)
    start = (settled.fit_alpha, settled.fit_regularization) if settled else _START
    alpha, regularization = search.climb(start)
    near = [
        _unfading(alpha * up, regularization * down)
        for up in (1.0, _STEP)
        for down in (1.0, 1 / _STEP, _STEP)
    ]
    table = search.table(alpha, regularization)
    best = max(near, key=lambda settings: search.value(table, settings))
    order.progress("Choosing how viewings fade", 0.9)
    fadings = [
        replace(best, decay_days=days, floor=floor) for days, floor in (_NO_FADING, *_FADINGS)
    ]
    chosen = max(fadings, key=lambda settings: search.value(table, settings))
    best_tuned = Tuned(
        fit_alpha=alpha,
        fit_regularization=regularization,
        foldin=chosen,
        validation=search.quality(table, chosen),
    )
    return best_tuned if settled is None else search.unless_clearly_worse(settled, best_tuned)


class _Search:
    """Remembers what has been fitted and judged, so that nothing is done twice."""

    def __init__(self, split: Split, order: FitOrder) -> None:
        self._split = split
        self._order = order
        self._no_bias = np.zeros(len(split.training.titles))
        self._tables: dict[tuple[float, float], NDArray[np.float32]] = {}
        self._qualities: dict[tuple[int, FoldinSettings], RankingQuality] = {}

    def climb(self, start: tuple[float, float]) -> tuple[float, float]:
        """Return the (α, λ) no neighbour of which is better."""
        here = start
        while True:
            around = [here, *((here[0] * a, here[1] * b) for a, b in _neighbours())]
            best = max(around, key=self._height)
            if best == here or len(self._tables) >= _MAX_FITS:
                return best
            here = best

    def table(self, alpha: float, regularization: float) -> NDArray[np.float32]:
        """Return the embeddings [N, D] as shipped, fitted with these settings."""
        key = (alpha, regularization)
        if key not in self._tables:
            self._order.progress(
                f"Trying α = {alpha:.3g}, λ = {regularization:.3g}",
                0.85 * len(self._tables) / _MAX_FITS,
            )
            factors = self._order.engine.fit(
                self._split.training,
                alpha=alpha,
                regularization=regularization,
                dimension=self._order.dimension,
                seed=self._order.seed,
            )
            self._tables[key] = ItemTable.of(factors).embeddings()
        return self._tables[key]

    def value(self, table: NDArray[np.float32], settings: FoldinSettings) -> float:
        """Return what is maximised."""
        return validation_value(self.quality(table, settings))

    def quality(self, table: NDArray[np.float32], settings: FoldinSettings) -> RankingQuality:
        """Return the quality of these embeddings [N, D] under these settings."""
        key = (id(table), settings)
        if key not in self._qualities:
            score = foldin_scorer(table, self._no_bias, settings)
            self._qualities[key] = evaluate_ranking(self._split, score)
        return self._qualities[key]

    def unless_clearly_worse(self, settled: Tuned, best: Tuned) -> Tuned:
        """Return what is settled, judged here; or the best, if that is clearly better."""
        table = self.table(settled.fit_alpha, settled.fit_regularization)
        now = replace(settled, validation=self.quality(table, settled.foldin))
        gain, error = paired_gain(_values(best), _values(now))
        return best if _collapsed(table) or gain > _CLEARLY * error else now

    def _height(self, point: tuple[float, float]) -> float:
        if point not in self._tables and len(self._tables) >= _MAX_FITS:
            return -np.inf
        table = self.table(*point)
        return -np.inf if _collapsed(table) else self.value(table, _unfading(*point))


def _unfading(alpha: float, regularization: float) -> FoldinSettings:
    """Return settings under which a viewing weighs the same however old it is."""
    return FoldinSettings(
        alpha=alpha, regularization=regularization, decay_days=_NO_FADING[0], floor=_NO_FADING[1]
    )


def _values(tuned: Tuned) -> NDArray[np.float64]:
    """Return [P] what is maximised, person by person."""
    quality = tuned.validation
    return np.zeros(1) if quality is None else (quality.ndcg_at_10 + quality.ndcg_at_100) / 2


def _collapsed(table: NDArray[np.float32]) -> bool:
    """Whether λ has left fewer directions than segments could be told apart in.

    Too large a λ shrinks all but the most popular directions to nothing. On a small log that may
    even rank well, by popularity; but then every session points the same way.
    """
    strengths = np.linalg.eigvalsh(table.T.astype(np.float64) @ table)
    directions = np.count_nonzero(strengths > _FAINT * strengths[-1])
    return bool(directions < min(_MINIMUM_DIRECTIONS, table.shape[1]))


def _neighbours() -> tuple[tuple[float, float], ...]:
    return ((_STEP, 1.0), (1 / _STEP, 1.0), (1.0, _STEP), (1.0, 1 / _STEP))
