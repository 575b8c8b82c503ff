"""Parameters and inputs of head D drawn from seeds, and a model with it over other embeddings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_export.heads.blend import BlendSettings
from model_export.heads.blend_reference import BlendParameters
from model_export.heads.trained_model import TrainedModel
from tests.model_export.heads.linear_cases import SETTINGS
from tests.model_export.heads.timescales_cases import timescales_weights

GATE = 1.7


def blend_parameters(*, dimension: int, segments: int, hidden: int = 10) -> BlendParameters:
    """Everything a graph of head D holds; half of the dimensions are those of each head."""
    centroids = np.random.default_rng(6).normal(size=(segments, dimension))
    centroids[:, -1] = 0.0
    return BlendParameters(
        weights=timescales_weights(dimension=dimension // 2, hidden=hidden),
        decay_days=SETTINGS.decay_days,
        floor=SETTINGS.floor,
        gate=GATE,
        centroids=centroids / np.linalg.norm(centroids, axis=1, keepdims=True),
        temperature=0.1,
        space_id="0123456789abcdef",
        model_version="1.0",
    )


def with_blend(model: TrainedModel) -> TrainedModel:
    """Return ``model`` with head D over the same embeddings."""
    weights = timescales_weights(dimension=len(model.table.rows) // 2)
    return replace(model, settings=BlendSettings(timescales=weights, linear=SETTINGS, gate=GATE))
