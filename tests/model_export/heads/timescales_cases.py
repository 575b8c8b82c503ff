"""Parameters of head B drawn from seeds, and a model with them: what training would make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_export.heads.timescales import SCALES, TimescalesWeights
from model_export.heads.timescales_reference import TimescalesParameters
from model_export.heads.trained_model import TrainedModel

PER_VIEWING = (1.5, 0.5, 0.17, 0.06, 0.02, 0.001)
PER_DAY = (0.3, 0.1, 0.03, 0.01, 0.003, 0.0001)


def timescales_weights(*, dimension: int, hidden: int = 10) -> TimescalesWeights:
    """Weights of the size that training leaves."""
    rng = np.random.default_rng(4)
    wide = SCALES * dimension
    return TimescalesWeights(
        per_viewing=np.array(PER_VIEWING),
        per_day=np.array(PER_DAY),
        first=rng.normal(size=(hidden, wide)) * 2 * wide**-0.5,
        offset=rng.normal(size=hidden) * 0.3,
        second=rng.normal(size=(dimension, hidden)) * hidden**-0.5,
        skip=rng.normal(size=(SCALES, dimension)),
    )


def timescales_parameters(
    *, dimension: int, segments: int, hidden: int = 10
) -> TimescalesParameters:
    """Everything a graph of head B holds."""
    centroids = np.random.default_rng(5).normal(size=(segments, dimension))
    return TimescalesParameters(
        weights=timescales_weights(dimension=dimension, hidden=hidden),
        centroids=centroids / np.linalg.norm(centroids, axis=1, keepdims=True),
        temperature=0.1,
        space_id="0123456789abcdef",
        model_version="1.0",
    )


def with_timescales(model: TrainedModel) -> TrainedModel:
    """Return ``model`` with head B over the same embeddings."""
    return replace(model, settings=timescales_weights(dimension=len(model.table.rows)))
