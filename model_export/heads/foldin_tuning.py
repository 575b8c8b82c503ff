"""Choosing α, λ, τ and the floor on validation data, split off inside the training part.

Every setting is judged by what the box will do, the fold-in, never by the training loss: the
library that fits the factors weighs viewings a little differently (1 + w on the right-hand side).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.evaluation.ranking import RankingQuality, Scorer, Split, evaluate_ranking
from model_export.evaluation.splits import validation_split
from model_export.heads.encoders import history_scorer
from model_export.heads.factors import ItemTable
from model_export.heads.foldin import FoldinSettings, FoldinSolver, FoldinTuned
from model_export.heads.tuning import (
    FADINGS,
    NO_FADING,
    FitOrder,
    clearly_better,
    climb,
    validation_value,
)
from model_export.log import WatchLog

__all__ = ["foldin_scorer", "tune"]

_MINIMUM_DIRECTIONS = 8
_FAINT = 1e-4
"""Of the strongest eigenvalue of YᵀY."""
_STEP = 3.0
_MAX_FITS = 12
_CHOSEN_FRACTION = 0.75
"""Of the progress that is shown: then embeddings are fitted once more, on everything."""
_START = (1.0, 10.0)
_UNTUNED = (1.0, 1.0)
"""For logs too small to hold anybody out, where λ = 10 would leave a single direction."""


def foldin_scorer(
    embeddings: NDArray[np.floating], bias: NDArray[np.floating], settings: FoldinSettings
) -> Scorer:
    """Return the fold-in over embeddings [N, D] and bias [N] as a scorer."""
    return history_scorer(FoldinSolver(embeddings, settings), embeddings, bias)


def tune(log: WatchLog, order: FitOrder) -> FoldinTuned:
    """Choose settings on people of ``log`` held out as :func:`validation_split` does.

    From (α, λ) = (1, 10), or from what is settled, climb to the best neighbour a factor of three
    away until none is better; then choose the fold-in's own α and λ, then how viewings fade.
    """
    settled = order.settled if isinstance(order.settled, FoldinTuned) else None
    try:
        split = validation_split(log, aim=order.aim, seed=order.seed)
    except InputError:
        return settled or FoldinTuned(
            fit_alpha=_UNTUNED[0],
            fit_regularization=_UNTUNED[1],
            foldin=_unfading(*_UNTUNED),
            validation=None,
        )
    search = _Search(split, order)
    start = (settled.fit_alpha, settled.fit_regularization) if settled else _START
    alpha, regularization = climb(start, steps=(_STEP, _STEP), height=search.height, most=_MAX_FITS)
    near = [
        _unfading(alpha * up, regularization * down)
        for up in (1.0, _STEP)
        for down in (1.0, 1 / _STEP, _STEP)
    ]
    table = search.table(alpha, regularization)
    best = max(near, key=lambda settings: search.value(table, settings))
    order.progress("Choosing how viewings fade", _CHOSEN_FRACTION)
    fadings = [replace(best, decay_days=days, floor=floor) for days, floor in FADINGS]
    chosen = max(fadings, key=lambda settings: search.value(table, settings))
    best_tuned = FoldinTuned(
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

    def table(self, alpha: float, regularization: float) -> NDArray[np.float32]:
        """Return the embeddings [N, D] as shipped, fitted with these settings."""
        key = (alpha, regularization)
        if key not in self._tables:
            self._order.progress(
                f"Trying α = {alpha:.3g}, λ = {regularization:.3g}",
                _CHOSEN_FRACTION * len(self._tables) / _MAX_FITS,
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

    def unless_clearly_worse(self, settled: FoldinTuned, best: FoldinTuned) -> FoldinTuned:
        """Return what is settled, judged here; or the best, if that is clearly better."""
        table = self.table(settled.fit_alpha, settled.fit_regularization)
        now = replace(settled, validation=self.quality(table, settled.foldin))
        if best.validation is None or now.validation is None:
            return now
        better = clearly_better(best.validation, now.validation)
        return best if _collapsed(table) or better else now

    def height(self, point: tuple[float, float]) -> float:
        """Return how well (α, λ) do."""
        table = self.table(*point)
        return -np.inf if _collapsed(table) else self.value(table, _unfading(*point))


def _unfading(alpha: float, regularization: float) -> FoldinSettings:
    """Return settings under which a viewing weighs the same however old it is."""
    return FoldinSettings(
        alpha=alpha, regularization=regularization, decay_days=NO_FADING[0], floor=NO_FADING[1]
    )


def _collapsed(table: NDArray[np.float32]) -> bool:
    """Whether λ has left fewer directions than segments could be told apart in.

    Too large a λ shrinks all but the most popular directions to nothing. On a small log that may
    even rank well, by popularity; but then every session points the same way.
    """
    strengths = np.linalg.eigvalsh(table.T.astype(np.float64) @ table)
    directions = np.count_nonzero(strengths > _FAINT * strengths[-1])
    return bool(directions < min(_MINIMUM_DIRECTIONS, table.shape[1]))
