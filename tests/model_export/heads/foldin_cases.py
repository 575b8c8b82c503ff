"""Parameters and inputs of the fold-in, drawn from seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_export.heads.foldin_reference import FoldinParameters

Arrays = dict[str, NDArray[Any]]


def foldin_parameters(
    *, dimension: int, segments: int, alpha: float = 20.0, regularization: float = 1.0
) -> FoldinParameters:
    """Parameters with a spectrum like that of trained factors."""
    rng = np.random.default_rng(3)
    embeddings = rng.normal(size=(900, dimension)) * np.geomspace(0.3, 0.02, dimension)
    centroids = rng.normal(size=(segments, dimension))
    return FoldinParameters(
        gram=embeddings.T @ embeddings,
        regularization=regularization,
        alpha=alpha,
        decay_days=90.0,
        floor=0.2,
        centroids=centroids / np.linalg.norm(centroids, axis=1, keepdims=True),
        temperature=0.1,
        space_id="0123456789abcdef",
        model_version="1.0",
    )


def foldin_inputs(
    seed: int, *, dimension: int, history: int, candidates: int = 40, explained: int = 6
) -> Arrays:
    """Inputs of tensor contract 1."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-127, 128, (dimension, max(candidates, 1)), dtype=np.int8)[:, :candidates]
    scale = rng.uniform(0.0005, 0.004, candidates).astype(np.float32)
    embeddings = (rng.normal(size=(history, dimension)) * 0.15).astype(np.float32)
    return {
        "history_embeddings": embeddings,
        "history_weights": rng.uniform(0, 1, history).astype(np.float32),
        "history_age_days": rng.exponential(80, history).astype(np.float32),
        "candidate_embeddings": rows,
        "candidate_scale": scale,
        "candidate_bias": rng.uniform(0, 0.05, candidates).astype(np.float32),
        "explain_embeddings": (rows * scale).T[:explained].astype(np.float32),
    }
