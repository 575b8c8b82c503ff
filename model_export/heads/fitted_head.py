"""What fitting a head to a log comes to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.evaluation.ranking import RankingQuality, Scorer
from model_export.heads.factors import ItemTable
from model_export.heads.foldin import FoldinTuned
from model_export.heads.trained_model import HeadSettings, scorer_of

__all__ = ["FittedHead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedHead:
    """A head that can rank: N titles, D dimensions."""

    table: ItemTable
    bias: NDArray[np.float32]
    """[N] ≥ 0."""
    settings: HeadSettings
    validation: RankingQuality | None
    tuned: FoldinTuned | None = None
    """How ``foldin`` was fitted."""

    def scorer(self) -> Scorer:
        """Return it as a scorer: what the box computes, from the int8 rows."""
        return scorer_of(self.table, self.bias, self.settings)
