"""Planted faults: samplers that are subtly wrong. The audit must catch every one of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts
from edgeagent.randomness import RandomSource
from tests.audit.exact import Sampler


class OneMoreThanItClaims:
    """d + 1 ones, drawn with the chance p that belongs to d."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._claimed = claimed
        self._drawn = SubsetSelection(claimed.categories, claimed.odds, weight=claimed.weight + 1)

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        return _choose(self._drawn, bounded, random, kept=_chance(self._claimed.p, random))


class OneFewerThanItClaims:
    """d − 1 ones, drawn with the chance p that belongs to d."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._claimed = claimed
        self._drawn = SubsetSelection(claimed.categories, claimed.odds, weight=claimed.weight - 1)

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        return _choose(self._drawn, bounded, random, kept=_chance(self._claimed.p, random))


class WrongOdds:
    """Keeps the truth with the chance of a larger e^ε than was booked."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._drawn = SubsetSelection(
            claimed.categories, claimed.odds + Fraction(1, 10), weight=claimed.weight
        )

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        return self._drawn.privatize(bounded, random)


class BiasedShuffle:
    """Each step of the shuffle chooses among all places instead of the remaining ones."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._claimed = claimed

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        kept = _chance(self._claimed.p, random)
        return _choose(self._claimed, bounded, random, kept=kept, biased=True)


class TruthNowAndThen:
    """Once in 2000 the true category is in for certain; every report looks valid."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._claimed = claimed

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        p = self._claimed.p
        leaky = p + (1 - p) / 2000
        return _choose(self._claimed, bounded, random, kept=_chance(leaky, random))


class NeverTheNeighbour:
    """The category after the true one is never among the others: some outputs give it away."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._claimed = claimed

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        counts = list(self._claimed.privatize(bounded, random).counts)
        after = (bounded.counts.index(1) + 1) % len(counts)
        if counts[after]:
            counts[after], counts[counts.index(0)] = 0, 1
        return PrivatizedCounts(tuple(counts))


RATIO_MUTANTS: tuple[Callable[[SubsetSelection], Sampler], ...] = (
    OneMoreThanItClaims,
    OneFewerThanItClaims,
    WrongOdds,
    BiasedShuffle,
    TruthNowAndThen,
    NeverTheNeighbour,
)
"""Those that the largest ratio must betray."""


def _chance(p: Fraction, random: RandomSource) -> bool:
    return random.below(p.denominator) < p.numerator


def _choose(
    mechanism: SubsetSelection,
    bounded: BoundedCounts,
    random: RandomSource,
    *,
    kept: bool,
    biased: bool = False,
) -> PrivatizedCounts:
    category = bounded.counts.index(1)
    others = [other for other in range(mechanism.categories) if other != category]
    for index in range(mechanism.weight):
        left = len(others) if biased else len(others) - index
        chosen = random.below(left) + (0 if biased else index)
        others[index], others[chosen] = others[chosen], others[index]
    subset = {*others[: mechanism.weight - 1], category if kept else others[mechanism.weight - 1]}
    return PrivatizedCounts(tuple(int(place in subset) for place in range(mechanism.categories)))
