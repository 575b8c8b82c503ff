"""The distribution of sums of discrete Laplace noise, for the server's estimates.

``ratio`` is λ = e^−rate: a value z has probability (1 − λ) / (1 + λ) · λ^|z|.
"""

from __future__ import annotations

from math import ceil, exp, fsum, inf, log, log1p, pi, sin, sqrt

__all__ = ["noise_half_width", "noise_variance"]

_NEGLIGIBLE = exp(-50)


def noise_variance(ratio: float) -> float:
    """Return the variance of one draw: 2 λ / (1 − λ)²."""
    return 2 * ratio / (1 - ratio) ** 2


def noise_half_width(ratio: float, draws: int, *, confidence: float) -> int:
    """Return the smallest c with P(|sum of ``draws`` draws| ≤ c) ≥ ``confidence``.

    The probability is exact, by inversion of the characteristic function 1 / (1 + 4 λ / (1 − λ)²
    sin²(θ/2)) to the power of ``draws``. A sum over M equally spaced angles gives the distribution
    modulo M, with M so large that at most e^−50 is aliased.
    """
    deviation = sqrt(draws * noise_variance(ratio))
    angles = _angles(ratio, deviation)
    weights = _weights(ratio, draws, angles)

    def chance_within(size: int) -> float:
        dirichlet = (
            weight * sin((size + 0.5) * angle) / sin(angle / 2) for weight, angle in weights
        )
        return (2 * size + 1 + 2 * fsum(dirichlet)) / angles

    low, high = -1, angles // 2
    while high - low > 1:
        middle = (low + high) // 2
        if chance_within(middle) >= confidence:
            high = middle
        else:
            low = middle
    return high


def _angles(ratio: float, deviation: float) -> int:
    """Return M, odd: on each side 20 deviations for the body, 50 mean lengths for the tail."""
    return 2 * ceil(20 * deviation + 50 / -log(ratio)) + 1


def _weights(ratio: float, draws: int, angles: int) -> list[tuple[float, float]]:
    """Return characteristic function and angle at each of the angles in (0, π) that matter."""
    curvature = 2 * noise_variance(ratio)
    weights = []
    weight = inf
    index = 1
    while index <= angles // 2 and weight > _NEGLIGIBLE:
        angle = 2 * pi * index / angles
        weight = exp(-draws * log1p(curvature * sin(angle / 2) ** 2))
        weights.append((weight, angle))
        index += 1
    return weights
