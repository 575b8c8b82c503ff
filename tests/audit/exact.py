"""The exact proof for Subset Selection: no statistics, no rounding.

Neighbours are any two categories, so the privacy loss is the largest ratio of the chances of one
output under two of them. It is computed for the code that runs on the box, not for a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Protocol

from edgeagent.messages.task import MAX_CATEGORIES, MIN_CATEGORIES
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts
from edgeagent.randomness import RandomSource
from tests.audit.branching import exact_distribution

SPREAD_OF_ODDS = tuple(map(Fraction, ("3", "2", "3/2", "5/4", "11/10", "29/10")))


class Sampler(Protocol):
    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts: ...


def one_session(category: int, categories: int) -> BoundedCounts:
    return BoundedCounts.single(category, categories=categories)


def largest_ratio(sampler: Sampler, categories: int) -> Fraction | None:
    """Return the largest ratio over all neighbours and outputs; None where it is infinite."""
    distributions = [
        exact_distribution(partial(sampler.privatize, one_session(category, categories)))
        for category in range(categories)
    ]
    outputs = set().union(*distributions)
    if any(distribution.keys() != outputs for distribution in distributions):
        return None
    chances = [[distribution[output] for distribution in distributions] for output in outputs]
    return max(max(row) / min(row) for row in chances)


def mechanisms(odds: Fraction, *, up_to: int) -> Iterator[SubsetSelection]:
    """Yield every mechanism with at most ``up_to`` categories, of every weight."""
    for categories in range(2, up_to + 1):
        for weight in range(1, categories):
            yield SubsetSelection(categories, odds, weight=weight)


class _FirstThenZero:
    """A given first draw, then zeros; remembers the bounds."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.bounds: list[int] = []

    def below(self, bound: int) -> int:
        self.bounds.append(bound)
        return self._first if len(self.bounds) == 1 else 0


def chance_of_truth(mechanism: SubsetSelection, category: int) -> Fraction:
    """Return the chance that the true category is reported, over all values of the first draw."""
    session = one_session(category, mechanism.categories)
    probe = _FirstThenZero(0)
    mechanism.privatize(session, probe)
    bound = probe.bounds[0]
    kept = sum(
        mechanism.privatize(session, _FirstThenZero(first)).counts[category]
        for first in range(bound)
    )
    return Fraction(kept, bound)


def draws(mechanism: SubsetSelection, category: int, first: int) -> Sequence[int]:
    """Return the bounds of all draws, in order."""
    source = _FirstThenZero(first)
    mechanism.privatize(one_session(category, mechanism.categories), source)
    return source.bounds


def permitted(odds: Sequence[Fraction] = SPREAD_OF_ODDS) -> Iterator[SubsetSelection]:
    """Yield the mechanism of every permitted number of categories, at each e^ε."""
    for factor in odds:
        for categories in range(MIN_CATEGORIES, MAX_CATEGORIES + 1):
            yield SubsetSelection(categories, factor)
