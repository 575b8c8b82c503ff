"""Head B ``timescales``: exponentially decayed means of the history, and a small network.

For viewing i of L, oldest first, and each of K = 6 scales k::

    e_ik = min(γ_k · later_i + δ_k · age_i, 50)      later_i: how many viewings came after it
    m_k  = Σ_i w_i exp(−e_ik) y_i / Σ_i w_i exp(−e_ik)
    h    = silu(W₁ [m_1 … m_K] + b₁) − silu(b₁)
    u    = W₂ h + Σ_k a_k ⊙ m_k                      score of title c: y_c · u + bias_c

A scale counts both clocks, viewings and days; training learns how much of each. Means, not sums:
while a household is away all e_ik grow alike, and what the model sees of it stays the same. No
history, or weights of 0 alone, makes u exactly 0. (Attention would cost more than it is worth here:
exponential decay is what a causal attention head over positions mostly learns; the idea of
several fixed clocks is that of Mozer et al. 2017, "Discrete event, continuous time RNNs".)
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_EXPONENT", "SCALES", "SMALLEST_SUM", "TimescalesEncoder", "TimescalesWeights"]

SCALES = 6
LARGEST_EXPONENT = 50.0
"""What is older than that counts like this: e^−50 is still a normal number in float32."""
SMALLEST_SUM = 1e-30
"""What a sum of weights is divided by at least: without history 0 / 1e-30 is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimescalesWeights:
    """Everything that training learns beside the embeddings: K scales, D dimensions, H hidden."""

    per_viewing: NDArray[np.float64]
    """[K] γ ≥ 0."""
    per_day: NDArray[np.float64]
    """[K] δ ≥ 0."""
    first: NDArray[np.float64]
    """[H, K·D] W₁."""
    offset: NDArray[np.float64]
    """[H] b₁."""
    second: NDArray[np.float64]
    """[D, H] W₂."""
    skip: NDArray[np.float64]
    """[K, D] a."""

    def finite(self) -> bool:
        """Return whether every number is one."""
        return all(np.isfinite(getattr(self, field.name)).all() for field in fields(self))


class TimescalesEncoder:
    """Encodes histories over one set of embeddings, in float64."""

    def __init__(self, embeddings: NDArray[np.floating], weights: TimescalesWeights) -> None:
        """Prepare for embeddings [I, D]."""
        self._embeddings = np.asarray(embeddings, dtype=np.float64)
        self._weights = weights

    def user(
        self,
        items: NDArray[np.integer],
        completion: NDArray[np.floating],
        age_days: NDArray[np.floating],
    ) -> NDArray[np.float64]:
        """Return u [D] for a history of L viewings, oldest first."""
        return user_of(self._weights, self._embeddings[items], completion, age_days)


def user_of(
    weights: TimescalesWeights,
    history: NDArray[np.float64],
    completion: NDArray[np.floating],
    age_days: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Return u [D] for embeddings [L, D], completion [L] and ages [L], oldest first."""
    counted = completion > 0
    later = counted.sum() - np.cumsum(counted)
    exponent = np.outer(weights.per_viewing, later) + np.outer(weights.per_day, age_days)
    decayed = completion * np.exp(-np.minimum(exponent, LARGEST_EXPONENT))
    sums = np.maximum(decayed.sum(axis=1, keepdims=True), SMALLEST_SUM)
    means = decayed @ history / sums
    hidden = _silu(weights.first @ means.ravel() + weights.offset) - _silu(weights.offset)
    return np.asarray(weights.second @ hidden + (weights.skip * means).sum(axis=0))


def _silu(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values / (1.0 + np.exp(-values)))
