"""Exact sampling: choices and noise from uniform integers, without rounding.

Canonne, Kamath and Steinke 2020, "The discrete Gaussian for differential privacy"
(arXiv:2004.00010), Algorithms 1 and 2, so the distribution is exactly that of the proof. Mironov
2012 shows how floating-point noise breaks privacy.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeVar

from edgeagent.randomness import RandomSource

__all__ = ["bernoulli", "bernoulli_exp", "discrete_laplace", "uniform_choice"]

T = TypeVar("T")


def uniform_choice(items: Iterable[T], size: int, random: RandomSource) -> list[T]:
    """Return ``size`` of the items, in a uniform order: a partial Fisher-Yates shuffle."""
    pool = list(items)
    for index in range(size):
        chosen = index + random.below(len(pool) - index)
        pool[index], pool[chosen] = pool[chosen], pool[index]
    return pool[:size]


def bernoulli(numerator: int, denominator: int, random: RandomSource) -> bool:
    """Return true with probability ``numerator / denominator`` in [0, 1]; uses one draw."""
    return random.below(denominator) < numerator


def bernoulli_exp(numerator: int, denominator: int, random: RandomSource) -> bool:
    """Return true with probability e^−γ, γ = ``numerator / denominator`` in [0, 1]: Algorithm 1.

    The loop continues past its k-th iteration with probability γ^k / k!, so it stops in an odd
    iteration with probability Σ (−γ)^k / k! = e^−γ.
    """
    turn = 1
    while bernoulli(numerator, denominator * turn, random):
        turn += 1
    return turn % 2 == 1


def discrete_laplace(rate: Fraction, random: RandomSource) -> int:
    """Return z with probability ∝ e^(−rate·|z|), rate > 0: Algorithm 2, rate = s/t."""
    s, t = rate.numerator, rate.denominator
    while True:
        remainder = random.below(t)
        if not bernoulli_exp(remainder, t, random):
            continue
        whole = 0
        while bernoulli_exp(1, 1, random):
            whole += 1
        size = (remainder + t * whole) // s
        negative = bernoulli(1, 2, random)
        if negative and size == 0:  # otherwise 0 would be drawn twice as often as it should
            continue
        return -size if negative else size
