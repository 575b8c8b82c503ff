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
    fit_alpha: float
    """α the embeddings were fitted with; the fold-in's own may differ."""
    fit_regularization: float
    """λ likewise."""
    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    labels: tuple[SegmentLabel, ...]
    segment_titles: tuple[tuple[str, ...], ...]
    """Names of up to three telling titles of each segment."""
    session_share: NDArray[np.float64]
    """[S] of the sessions it was fitted to; sums to 1."""
    cohesion: NDArray[np.float64]
    """[S] mean cosine of a segment's sessions with its centroid."""
    session_cosine: float
    """Mean cosine of a session with its own segment: how well sessions are described."""
    kept_fraction: float | None
    """Of the sessions the previous model knew, those that kept their segment; ``None`` without."""
    validation: RankingQuality | None
    """Of the chosen settings, on people of the training log; ``None`` if it is too small."""
