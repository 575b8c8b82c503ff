"""TrainedModel: what training makes and the exporter ships."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import SegmentLabel, Title
from edgeagent.messages.fields import HeadName
from edgeagent.messages.manifest import LiftedWord
from model_export.evaluation.ranking import RankingQuality, Scorer
from model_export.heads.blend import BlendEncoder, BlendSettings
from model_export.heads.encoders import Encoder, history_scorer
from model_export.heads.factors import ItemTable
from model_export.heads.foldin import FoldinSettings, FoldinSolver
from model_export.heads.linear import LinearEncoder, LinearSettings
from model_export.heads.timescales import TimescalesEncoder, TimescalesWeights

__all__ = ["HeadSettings", "TrainedModel", "encoder_of", "head_of", "scorer_of"]

HeadSettings = FoldinSettings | LinearSettings | TimescalesWeights | BlendSettings
"""The parameters of a head beside the embeddings; each head has a type of its own."""


def head_of(settings: HeadSettings) -> HeadName:
    """Return the name of the head these settings are for."""
    match settings:
        case FoldinSettings():
            return "foldin"
        case LinearSettings():
            return "linear"
        case TimescalesWeights():
            return "timescales"
        case BlendSettings():
            return "blend"


def encoder_of(embeddings: NDArray[np.floating], settings: HeadSettings) -> Encoder:
    """Return the head over embeddings [N, D]."""
    match settings:
        case FoldinSettings():
            return FoldinSolver(embeddings, settings)
        case LinearSettings():
            return LinearEncoder(embeddings, settings)
        case TimescalesWeights():
            return TimescalesEncoder(embeddings, settings)
        case BlendSettings():
            return BlendEncoder(embeddings, settings)


def scorer_of(table: ItemTable, bias: NDArray[np.floating], settings: HeadSettings) -> Scorer:
    """Return a head over a table and bias [N] as a scorer: what the box computes."""
    embeddings = table.embeddings()
    return history_scorer(encoder_of(embeddings, settings), embeddings, bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """Everything that is exported: N titles, D dimensions, S segments."""

    titles: tuple[Title, ...]
    table: ItemTable
    bias: NDArray[np.float32]
    """[N] ≥ 0: what a title scores before anybody has watched anything."""
    settings: HeadSettings
    fit_alpha: float | None
    """α the embeddings of head ``foldin`` were fitted with; its own may differ."""
    fit_regularization: float | None
    """The λ they were fitted with; the head's own may differ."""
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
    unknown_share: NDArray[np.float64]
    """[S] how much of what is watched in a segment is of titles of unknown topic."""
    lifted_words: tuple[LiftedWord, ...]
    """Of the catalogue: known as sensitive, and not so to its operator."""
    kept_fraction: float | None
    """Of the sessions the previous model knew, those that kept their segment; ``None`` without."""
    validation: RankingQuality | None
    """Of the chosen settings, on people of the training log; ``None`` if it is too small."""

    @property
    def head(self) -> HeadName:
        """What computes a user from a history."""
        return head_of(self.settings)

    def encoder(self) -> Encoder:
        """Return the head over the embeddings as shipped."""
        return encoder_of(self.table.embeddings(), self.settings)

    def scorer(self) -> Scorer:
        """Return the model as a scorer: what the box computes, from the int8 rows."""
        return scorer_of(self.table, self.bias, self.settings)
