"""A random source that takes every branch: the exact distribution of what a sampler returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from fractions import Fraction
from math import prod
from typing import TypeVar

from edgeagent.randomness import RandomSource

T = TypeVar("T", bound=Hashable)


class _Path:
    """One path through the draws: a prefix that is given, then zeros."""

    def __init__(self, prefix: list[int]) -> None:
        self._prefix = prefix
        self.values: list[int] = []
        self.bounds: list[int] = []

    def below(self, bound: int) -> int:
        depth = len(self.values)
        value = self._prefix[depth] if depth < len(self._prefix) else 0
        self.values.append(value)
        self.bounds.append(bound)
        return value

    def next_prefix(self) -> list[int] | None:
        """The next path in lexical order, as in counting with an odometer."""
        values = self.values
        while values and values[-1] == self.bounds[len(values) - 1] - 1:
            values.pop()
        if not values:
            return None
        return [*values[:-1], values[-1] + 1]


def exact_distribution(sample: Callable[[RandomSource], T]) -> dict[T, Fraction]:
    """Run ``sample`` once for every sequence of integers its source could return.

    Each path weighs the product of 1/bound over its draws; no number is rounded. The sampler must
    draw a bounded number of integers.
    """
    seen: Counter[tuple[T, int]] = Counter()
    prefix: list[int] | None = []
    while prefix is not None:
        path = _Path(prefix)
        outcome = sample(path)
        seen[outcome, prod(path.bounds)] += 1
        prefix = path.next_prefix()
    distribution: dict[T, Fraction] = {}
    for (outcome, paths), count in seen.items():
        distribution[outcome] = distribution.get(outcome, Fraction(0)) + Fraction(count, paths)
    return distribution
