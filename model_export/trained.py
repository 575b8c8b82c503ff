"""TrainedModel: what training makes and the exporter ships."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import SegmentLabel, Title
from model_export.evaluate import RankingQuality
from model_export.factors import ItemTable
from model_export.foldin import FoldinSettings

__all__ = ["TrainedModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """Everything that is exported: N titles, D dimensions, S segments."""

    titles: tuple[Title, ...]
    table: ItemTable
    bias: NDArray[np.float32]
    """[N] ≥ 0: what a title scores before anybody has watched anything."""
    settings: FoldinSettings
    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    labels: tuple[SegmentLabel, ...]
    session_share: NDArray[np.float64]
    """[S] of the sessions it was fitted to; sums to 1."""
    session_cosine: float
    """Mean cosine of a session with its own segment: how well sessions are described."""
    validation: RankingQuality | None
    """Of the chosen settings, on people of the training log; ``None`` if it is too small."""
