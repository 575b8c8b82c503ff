"""Head A, ``foldin``: its parameters, and the float64 reference of what it computes.

Given item embeddings Y and the Gramian G of the items it was trained with, a person's embedding is

    u = (G + Σᵢ wᵢ yᵢ yᵢᵀ + λ I)⁻¹ Σᵢ wᵢ yᵢ,    wᵢ = α · completionᵢ · max(exp(−ageᵢ / τ), floor),

the user step of weighted ALS (Hu, Koren, Volinsky 2008, "Collaborative filtering for implicit
feedback datasets", eq. 4) with unobserved weight one and recency in the confidence. A title c
scores y_c · u + bias_c. Since u is linear in the right-hand side, viewing i contributes exactly
wᵢ · y_cᵀ A⁻¹ yᵢ (ibid., eq. 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.golden import GoldenCase

__all__ = ["FoldinParameters", "foldin_reference", "golden_cases", "solve_users", "weights"]

UNIT_GUARD = 1e-6
"""Norm below which an embedding has no direction; its unit vector is then zero."""
_GOLDEN_CANDIDATES = 256
_GOLDEN_LENGTHS = (0, 1, 20, 500)
_GOLDEN_EXPLAINED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldinParameters:
    """Everything that is baked into the graph."""

    gramian: NDArray[np.float32]
    """[D, D] YᵀY over the training items."""
    centroids: NDArray[np.float32]
    """[S, D] unit rows."""
    alpha: float
    """Confidence of one complete viewing today, against one for everything unobserved."""
    ridge: float
    """λ."""
    tau_days: float
    """Time after which a viewing weighs 1/e."""
    floor: float
    """Least recency weight, so that an old taste never quite goes."""
    temperature: float
    """T of the softmax over segments."""
    space_id: str
    model_version: str


def weights(
    completion: NDArray[np.float64], age_days: NDArray[np.float64], parameters: FoldinParameters
) -> NDArray[np.float64]:
    """Return [L] wᵢ from completion and age."""
    recency = np.maximum(np.exp(-age_days / parameters.tau_days), parameters.floor)
    return parameters.alpha * completion * recency


def solve_users(
    embeddings: NDArray[np.float64], weight: NDArray[np.float64], parameters: FoldinParameters
) -> NDArray[np.float64]:
    """Return [D] the user embedding for [L, D] rows and [L] weights, by a direct solve."""
    system = _system(embeddings, weight, parameters)
    return np.linalg.solve(system, embeddings.T @ weight)


def foldin_reference(
    case: GoldenCase, parameters: FoldinParameters
) -> tuple[NDArray[np.float64], ...]:
    """Return user embedding, scores, segment probabilities and contributions in float64."""
    history = case.embeddings(case.history_columns).astype(np.float64)
    explained = case.embeddings(case.explain_columns).astype(np.float64)
    weight = weights(
        case.history_weights.astype(np.float64),
        case.history_age_days.astype(np.float64),
        parameters,
    )
    user = solve_users(history, weight, parameters)
    rows = case.candidate_embeddings.astype(np.float64) * case.candidate_scale
    scores = user @ rows + case.candidate_bias
    unit = user / max(float(np.linalg.norm(user)), UNIT_GUARD)
    logits = parameters.centroids.astype(np.float64) @ unit / parameters.temperature
    exponentials = np.exp(logits - logits.max())
    inverse = np.linalg.solve(_system(history, weight, parameters), explained.T)
    contributions = (inverse.T @ history.T) * weight
    return user, scores, exponentials / exponentials.sum(), contributions


def golden_cases(
    rows: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    parameters: FoldinParameters,
) -> tuple[GoldenCase, ...]:
    """Make the golden cases of a model from [D, N] rows of its own catalogue.

    Histories of 0, 1, 20 and 500 viewings, with a weight of zero, a title twice, and a zero row.
    """
    generator = np.random.default_rng(1)
    count = min(_GOLDEN_CANDIDATES, rows.shape[1])
    columns = np.sort(generator.choice(rows.shape[1], size=count, replace=False))
    rows, scale, bias = rows[:, columns].copy(), scale[columns], bias[columns]
    rows[:, 0] = 0
    return tuple(
        _case(length, rows, scale, bias, parameters, generator) for length in _GOLDEN_LENGTHS
    )


def _case(  # noqa: PLR0913, PLR0917  (the parts of one case)
    length: int,
    rows: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    parameters: FoldinParameters,
    generator: np.random.Generator,
) -> GoldenCase:
    count = rows.shape[1]
    history = generator.integers(0, count, size=length)
    completion = generator.uniform(0.05, 1, size=length).astype(np.float32)
    if length > 3:  # noqa: PLR2004  (room for the three special rows)
        history[0], history[1] = 0, history[2]
        completion[3] = 0
    empty = np.empty(0)
    case = GoldenCase(
        candidate_embeddings=rows,
        candidate_scale=scale,
        candidate_bias=bias,
        history_columns=history,
        history_weights=completion,
        history_age_days=generator.uniform(0, 120, size=length).astype(np.float32),
        explain_columns=generator.integers(0, count, size=min(_GOLDEN_EXPLAINED, count)),
        user_embedding=empty,
        scores=empty,
        segment_probabilities=empty,
        contributions=empty,
    )
    user, scores, probabilities, contributions = foldin_reference(case, parameters)
    fields = {name: getattr(case, name) for name in GoldenCase.__slots__}
    return GoldenCase(
        **fields
        | {
            "user_embedding": user,
            "scores": scores,
            "segment_probabilities": probabilities,
            "contributions": contributions,
        }
    )


def _system(
    embeddings: NDArray[np.float64], weight: NDArray[np.float64], parameters: FoldinParameters
) -> NDArray[np.float64]:
    weighted = embeddings * weight[:, None]
    ridge = parameters.ridge * np.eye(embeddings.shape[1])
    return parameters.gramian.astype(np.float64) + weighted.T @ embeddings + ridge
