"""A random source that takes every branch: the exact distribution of what a sampler returns.

A draw is an integer that is not chosen before it is needed. When it is only compared, the two
answers are the two branches, weighed exactly; when its value is needed, every value is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import TypeVar, cast

from edgeagent.randomness import RandomSource

T = TypeVar("T", bound=Hashable)


class _PrunedError(Exception):
    """The path is too unlikely to follow."""


class _Path:
    """One path through the tree: at each branch the prefix says which way, then the first."""

    def __init__(self, prefix: list[int], least: Fraction) -> None:
        self._prefix = prefix
        self._least = least
        self._taken: list[int] = []
        self._ways: list[int] = []
        self.weight = (1, 1)
        """Numerator and denominator, not reduced: paths are many."""

    def below(self, bound: int) -> int:
        """Return a draw that is not chosen yet."""
        return cast("int", _Draw(self, bound))  # behaves as one wherever samplers use it

    def choose(self, ways: int) -> int:
        """Go one of so many ways."""
        depth = len(self._taken)
        way = self._prefix[depth] if depth < len(self._prefix) else 0
        self._taken.append(way)
        self._ways.append(ways)
        return way

    def weigh(self, part: int, whole: int) -> None:
        """Count the way that was gone as ``part`` of ``whole``."""
        numerator, denominator = self.weight
        self.weight = numerator * part, denominator * whole
        least = self._least
        if self.weight[0] * least.denominator < self.weight[1] * least.numerator:
            raise _PrunedError

    def next_prefix(self) -> list[int] | None:
        """The next path in lexical order, as in counting with an odometer."""
        taken = self._taken
        while taken and taken[-1] == self._ways[len(taken) - 1] - 1:
            taken.pop()
        return [*taken[:-1], taken[-1] + 1] if taken else None


class _Draw:
    """A uniform integer in [low, high), narrowed by every comparison."""

    def __init__(self, path: _Path, bound: int) -> None:
        self._path = path
        self._low, self._high = 0, bound

    def __lt__(self, other: int) -> bool:
        low, high = self._low, self._high
        limit = min(max(int(other), low), high)
        sure = limit in (low, high)
        smaller = limit == high if sure else self._path.choose(2) == 0
        self._low, self._high = (low, limit) if smaller else (limit, high)
        self._path.weigh(self._high - self._low, high - low)
        return smaller

    def __gt__(self, other: int) -> bool:
        return not self < int(other) + 1

    def __le__(self, other: int) -> bool:
        return self < int(other) + 1

    def __ge__(self, other: int) -> bool:
        return not self < other

    def __index__(self) -> int:
        size = self._high - self._low
        if size > 1:
            self._low += self._path.choose(size)
            self._high = self._low + 1
            self._path.weigh(1, size)
        return self._low

    __int__ = __index__

    def __eq__(self, other: object) -> bool:
        return int(self) == other

    def __hash__(self) -> int:
        return hash(int(self))

    def __add__(self, other: int) -> int:
        return int(self) + other

    __radd__ = __add__


def distribution_and_rest(
    sample: Callable[[RandomSource], T], *, least: Fraction = Fraction(0)
) -> tuple[dict[T, Fraction], Fraction]:
    """Run ``sample`` down every path that weighs ``least`` or more.

    No number is rounded. With ``least`` = 0 the sampler must draw a bounded number of integers, and
    the rest is 0.

    Returns:
        What is certain of each outcome's chance, and the weight of the paths not followed.

    """
    seen: Counter[tuple[T, tuple[int, int]]] = Counter()
    rest = Fraction(0)
    prefix: list[int] | None = []
    while prefix is not None:
        path = _Path(prefix, least)
        try:
            outcome = sample(path)
            hash(outcome)  # chooses the draws in it that nobody looked at
        except _PrunedError:
            rest += Fraction(*path.weight)
        else:
            seen[outcome, path.weight] += 1
        prefix = path.next_prefix()
    distribution: dict[T, Fraction] = {}
    for (outcome, weight), paths in seen.items():
        distribution[outcome] = distribution.get(outcome, Fraction(0)) + Fraction(*weight) * paths
    return distribution, rest


def exact_distribution(sample: Callable[[RandomSource], T]) -> dict[T, Fraction]:
    """Return the exact chance of each outcome of a sampler that draws boundedly often."""
    distribution, _ = distribution_and_rest(sample)
    return distribution
