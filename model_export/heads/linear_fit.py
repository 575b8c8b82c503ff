"""Fitting head C to a log: its settings chosen on validation data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.evaluation.co_viewings import CoViewings
from model_export.evaluation.ranking import RankingQuality, Split, evaluate_ranking
from model_export.evaluation.splits import validation_split
from model_export.heads.encoders import history_scorer
from model_export.heads.factors import ItemTable
from model_export.heads.linear import LinearEncoder, LinearSettings
from model_export.heads.linear_rows import fit_rows, shortened
from model_export.heads.tuning import (
    FADINGS,
    NO_FADING,
    FitOrder,
    clearly_better,
    climb,
    validation_value,
)
from model_export.log import WatchLog

__all__ = [
    "LENGTHS",
    "LinearTuned",
    "co_viewings",
    "tune_linear",
]

LENGTHS = (64, 128, 256, 512)
"""D to choose from. A log of 836,478 viewings gains 0.002 NDCG@100 at 512 over 256, for twice the
bytes; an eighth of that log gains nothing clear above 128."""
_START = (300.0, 0.5)
_STEPS = (3.0, 2.0)
_MAX_FITS = 12
_WORTH_LENGTH = 1.0
"""Paired standard errors by which longer rows have to win: they cost every box bytes and time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearTuned:
    """The settings that validation chose."""

    settings: LinearSettings
    dimension: int
    """D."""
    validation: RankingQuality | None
    """Of these settings; ``None`` where the log is too small to hold anybody out."""


def co_viewings(log: WatchLog) -> CoViewings:
    """Count who watched what; a viewing of which nothing was watched is none."""
    return CoViewings.of(log.select(log.completion > 0), most=len(log.titles))


def tune_linear(log: WatchLog, order: FitOrder) -> LinearTuned:
    """Choose settings on people of ``log`` held out as :func:`validation_split` does.

    From (λ, δ) = (300, 1/2), or from what is settled, climb to the best neighbour a factor of
    three or two away until none is better; then choose how viewings fade, and how long rows are.
    """
    settled = order.settled if isinstance(order.settled, LinearSettings) else None
    try:
        split = validation_split(log, aim=order.aim, seed=order.seed)
    except InputError:
        return LinearTuned(
            settings=settled or _unfading(_START), dimension=order.dimension, validation=None
        )
    search = _LinearTrials(split, order)
    start = (settled.regularization, settled.dropout_ratio) if settled else _START
    best = _unfading(
        climb(
            start,
            steps=_STEPS,
            height=lambda point: validation_value(search.quality(_unfading(point))),
            most=_MAX_FITS,
        )
    )
    order.progress("Choosing how viewings fade", 0.9)
    chosen = max(
        (replace(best, decay_days=days, floor=floor) for days, floor in FADINGS),
        key=lambda settings: validation_value(search.quality(settings)),
    )
    if settled is not None and not clearly_better(search.quality(chosen), search.quality(settled)):
        chosen = settled
    return search.at_its_length(chosen)


class _LinearTrials:
    """Judges settings by what the box will do with the rows they make."""

    def __init__(self, split: Split, order: FitOrder) -> None:
        self._split = split
        self._order = order
        self._viewed = co_viewings(split.training)
        self._rows: dict[tuple[float, float], NDArray[np.float32]] = {}

    def quality(self, settings: LinearSettings) -> RankingQuality:
        """Return how well these settings rank."""
        return self._judged(self._fitted(settings), settings)

    def at_its_length(self, settings: LinearSettings) -> LinearTuned:
        """Return settings with the least D that no other is worth its bytes against."""
        order = self._order
        found = {order.dimension: self.quality(settings)}
        if order.lengths:
            order.progress("Choosing how long embeddings are", 0.93)
            longest = fit_rows(self._viewed, settings, dimension=max(order.lengths))
            found = {
                length: self._judged(shortened(longest, dimension=length), settings)
                for length in sorted(order.lengths)
            }
        best = max(found.values(), key=validation_value)
        dimension, quality = next(
            (length, quality)
            for length, quality in found.items()
            if not clearly_better(best, quality, errors=_WORTH_LENGTH)
        )
        return LinearTuned(settings=settings, dimension=dimension, validation=quality)

    def _judged(self, rows: NDArray[np.float32], settings: LinearSettings) -> RankingQuality:
        """Judge rows [N, D] as the box will have them."""
        shipped = ItemTable.of(rows).embeddings()
        score = history_scorer(LinearEncoder(shipped, settings), shipped, np.zeros(len(rows)))
        return evaluate_ranking(self._split, score)

    def _fitted(self, settings: LinearSettings) -> NDArray[np.float32]:
        """Return the rows [N, D]."""
        key = (settings.regularization, settings.dropout_ratio)
        if key not in self._rows:
            self._order.progress(
                f"Trying λ = {key[0]:.3g}, δ = {key[1]:.3g}", 0.85 * len(self._rows) / _MAX_FITS
            )
            dimension = self._order.dimension
            self._rows[key] = fit_rows(self._viewed, settings, dimension=dimension)
        return self._rows[key]


def _unfading(point: tuple[float, float]) -> LinearSettings:
    return LinearSettings(
        regularization=point[0],
        dropout_ratio=point[1],
        decay_days=NO_FADING[0],
        floor=NO_FADING[1],
    )
