"""Parameters and inputs of head C drawn from seeds, and a model with it over other embeddings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_export.heads.linear import LinearSettings
from model_export.heads.linear_reference import LinearParameters
from model_export.heads.trained_model import TrainedModel
from tests.model_export.heads.foldin_cases import Arrays, foldin_inputs

SETTINGS = LinearSettings(regularization=100.0, dropout_ratio=0.5, decay_days=90.0, floor=0.2)


def linear_parameters(*, dimension: int, segments: int) -> LinearParameters:
    """Everything a graph of head C holds."""
    centroids = np.random.default_rng(7).normal(size=(segments, dimension))
    centroids[:, -1] = 0.0
    return LinearParameters(
        decay_days=SETTINGS.decay_days,
        floor=SETTINGS.floor,
        centroids=centroids / np.linalg.norm(centroids, axis=1, keepdims=True),
        temperature=0.1,
        space_id="0123456789abcdef",
        model_version="1.0",
    )


def linear_inputs(
    seed: int, *, dimension: int, history: int, candidates: int = 40, explained: int = 6
) -> Arrays:
    """Inputs of tensor contract 1; last coordinates as training leaves them, none of them tiny."""
    inputs = foldin_inputs(
        seed, dimension=dimension, history=history, candidates=candidates, explained=explained
    )
    rng = np.random.default_rng(seed)
    inputs["history_embeddings"][:, -1] = rng.uniform(0.2, 1.5, history)
    return inputs


def with_linear(model: TrainedModel) -> TrainedModel:
    """Return ``model`` with head C over the same embeddings."""
    return replace(model, settings=SETTINGS)
