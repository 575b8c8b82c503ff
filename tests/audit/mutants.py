"""Planted faults: samplers that are subtly wrong. The audit must catch every one of them."""

from __future__ import annotations

import random as unseedable
from collections.abc import Callable
from fractions import Fraction

from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts, SegmentCounts
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


class TruthAsAPattern:
    """Once in 2000 the report is one fixed valid set for each category."""

    def __init__(self, claimed: SubsetSelection) -> None:
        self._claimed = claimed

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        size = self._claimed.categories
        if random.below(2000) > 0:
            return self._claimed.privatize(bounded, random)
        first = bounded.counts.index(1)
        subset = {(first + step) % size for step in range(self._claimed.weight)}
        return PrivatizedCounts(tuple(int(place in subset) for place in range(size)))


RATIO_MUTANTS: tuple[Callable[[SubsetSelection], Sampler], ...] = (
    OneMoreThanItClaims,
    OneFewerThanItClaims,
    WrongOdds,
    BiasedShuffle,
    TruthNowAndThen,
    NeverTheNeighbour,
    TruthAsAPattern,
)
"""Those that the largest ratio must betray."""


class SubsetAtFour(SubsetSelection):
    """Draws at e^ε = 4 what is booked at 3."""

    def __init__(self, categories: int) -> None:
        super().__init__(categories, Fraction(4))


class SubsetWithPattern(SubsetSelection):
    """``TruthAsAPattern`` as a whole mechanism."""

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        honest = SubsetSelection(self.categories, self.odds)
        return TruthAsAPattern(honest).privatize(bounded, random)


class HalvedSensitivity(DiscreteLaplace):
    """Noise for weeks that differ by C instead of 2C."""

    @property
    def rate(self) -> Fraction:
        return super().rate * 2


class ForgottenClip(DiscreteLaplace):
    """Counts every session, with noise for C of them."""

    def bound(self, week: SegmentCounts, random: RandomSource) -> BoundedCounts:
        del random
        return BoundedCounts(week.counts)

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        zero = BoundedCounts((0,) * self.categories)
        noise = super().privatize(zero, random).counts
        noisy = (count + z for count, z in zip(bounded.counts, noise, strict=True))
        return PrivatizedCounts(tuple(max(-999, min(count, 999)) for count in noisy))


class NoiseOfItsOwn(SubsetSelection):
    """Keeps the truth by a generator of the standard library instead of the source."""

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        kept = unseedable.random() < float(self.p)  # noqa: S311  (this is the fault)
        return _choose(self, bounded, random, kept=kept)


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
