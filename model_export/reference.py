"""Head A in float64: what the graph must compute, solved directly.

The user is the ridge regression of Hu, Koren and Volinsky 2008 ("Collaborative filtering for
implicit feedback datasets", eq. 4) in the form of Rendle et al. 2022 ("Revisiting the performance
of iALS on item recommendation benchmarks", eq. 5), with a weight for each viewing::

    w = α · completion · max(exp(−age / τ), floor)
    u = (G + Σ w y yᵀ + λ I)⁻¹ Σ w y          G = YᵀY over the trained titles

A viewing of weight 0 moves nothing. (The library that trains has 1 + w in the sum on the right; for
equal weights that only scales u, and α and λ are chosen for the form above.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.golden import GoldenDraw, GoldenTable, encode_golden

__all__ = ["UNIT_GUARD", "FoldinParameters", "foldin_reference", "golden_vectors"]

UNIT_GUARD = 1e-6
"""Shortest length a user is divided by: a household without history stays the zero vector."""

_GOLDEN_LENGTHS = (0, 1, 20, 500)
_GOLDEN_TITLES = 255
_GOLDEN_CANDIDATES = 64
_GOLDEN_EXPLAINED = 4
_GOLDEN_AGE_DAYS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldinParameters:
    """Everything the graph of head A holds: D dimensions, S segments."""

    gram: NDArray[np.float64]
    """[D, D] G = YᵀY over the trained titles, as dequantised."""
    regularization: float
    """λ > 0."""
    alpha: float
    """α > 0: what one complete, fresh viewing weighs."""
    decay_days: float
    """τ > 0."""
    floor: float
    """In [0, 1]: what remains of a viewing however old it is."""
    centroids: NDArray[np.float64]
    """[S, D] unit vectors."""
    temperature: float
    """T > 0 of the softmax over segments."""
    space_id: str
    model_version: str


def foldin_reference(
    parameters: FoldinParameters, inputs: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.float64]]:
    """Compute the outputs of tensor contract 1 in float64 by a direct solve.

    Args:
        parameters: of the model.
        inputs: by the contract's names; any dtype, L, N and K may be 0.

    Returns:
        ``user_embedding`` [D], ``scores`` [N], ``segment_probabilities`` [S] and
        ``contributions`` [K, L].

    """
    values = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    history = values["history_embeddings"]
    fading = np.exp(-values["history_age_days"] / parameters.decay_days)
    weights = parameters.alpha * values["history_weights"] * np.maximum(fading, parameters.floor)
    weighted = history * weights[:, np.newaxis]
    ridge = parameters.regularization * np.eye(len(parameters.gram))
    system = parameters.gram + weighted.T @ history + ridge
    user = np.linalg.solve(system, weighted.sum(axis=0))
    solved = np.linalg.solve(system, values["explain_embeddings"].T)
    candidates = values["candidate_embeddings"] * values["candidate_scale"]
    unit = user / max(float(np.linalg.norm(user)), UNIT_GUARD)
    logits = parameters.centroids @ unit / parameters.temperature
    odds = np.exp(logits - logits.max())
    return {
        "user_embedding": user,
        "scores": user @ candidates + values["candidate_bias"],
        "segment_probabilities": odds / odds.sum(),
        "contributions": solved.T @ weighted.T,
    }


def golden_vectors(
    parameters: FoldinParameters,
    *,
    rows: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    seed: int,
) -> bytes:
    """Draw inputs from a catalogue and write down what the model must answer.

    Histories of 0, 1, 20 and 500 viewings; the two longest hold a viewing of weight 0 and a title
    watched twice, and the last candidate and the last explained title are a row of zeros.

    Args:
        parameters: of the model.
        rows: int8 [D, N], N ≥ 1.
        scale: float32 [N] > 0.
        bias: float32 [N].
        seed: of the draw.

    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(rows.shape[1])[:_GOLDEN_TITLES]
    table = GoldenTable(
        rows=np.append(rows[:, chosen], np.zeros((len(rows), 1), dtype=np.int8), axis=1),
        scale=np.append(scale[chosen], np.float32(1)),
        bias=np.append(bias[chosen], np.float32(0)),
    )
    draws = [_golden_draw(rng, length, titles=len(chosen)) for length in _GOLDEN_LENGTHS]
    return encode_golden(
        table, [(draw, foldin_reference(parameters, draw.inputs(table))) for draw in draws]
    )


def _golden_draw(rng: np.random.Generator, length: int, *, titles: int) -> GoldenDraw:
    """Draw a case over a table of ``titles`` titles followed by a row of zeros."""
    history = rng.integers(titles, size=length, dtype=np.int32)
    weights = rng.uniform(0.05, 1.0, size=length).astype(np.float32)
    if length > 1:
        history[1] = history[0]
        weights[-1] = 0.0
    candidates = rng.integers(titles, size=_GOLDEN_CANDIDATES, dtype=np.int32)
    candidates[-1] = titles
    return GoldenDraw(
        history=history,
        history_weights=weights,
        history_age_days=rng.exponential(_GOLDEN_AGE_DAYS, size=length).astype(np.float32),
        candidates=candidates,
        explained=candidates[-_GOLDEN_EXPLAINED:],
    )
