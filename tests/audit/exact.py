"""The exact proof for Subset Selection: no statistics, no rounding.

The privacy loss is the largest ratio of the chances of one output under two neighbours. It is
computed for the code that runs on the box, not for a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import combinations_with_replacement
from typing import Protocol

from edgeagent.messages.task import MAX_CATEGORIES, MIN_CATEGORIES
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts, SegmentCounts
from edgeagent.randomness import RandomSource
from tests.audit.branching import exact_distribution
from tests.audit.part import Effort, Result

SPREAD_OF_ODDS = tuple(map(Fraction, ("3", "2", "3/2", "5/4", "11/10", "29/10")))


class Sampler(Protocol):
    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts: ...


def one_session(category: int, categories: int) -> BoundedCounts:
    return BoundedCounts.single(category, categories=categories)


def largest_ratio(sampler: Sampler, categories: int) -> Fraction | None:
    """Return the largest ratio over all pairs of sessions and outputs; None: it is infinite."""
    return _largest(
        [
            exact_distribution(partial(sampler.privatize, one_session(category, categories)))
            for category in range(categories)
        ]
    )


def largest_ratio_of_weeks(mechanism: SubsetSelection, *, sessions: int) -> Fraction | None:
    """Return the largest ratio over all pairs of weeks with at most so many sessions each."""

    def report(week: SegmentCounts, source: RandomSource) -> PrivatizedCounts:
        return mechanism.privatize(mechanism.bound(week, source), source)

    return _largest(
        [
            exact_distribution(partial(report, week))
            for week in all_weeks(mechanism.categories, sessions=sessions)
        ]
    )


def all_weeks(categories: int, *, sessions: int) -> Iterator[SegmentCounts]:
    """Yield every week with at most so many sessions, the empty one first."""
    for size in range(sessions + 1):
        for week in combinations_with_replacement(range(categories), size):
            yield SegmentCounts.of(week, categories=categories)


def _largest(distributions: list[dict[PrivatizedCounts, Fraction]]) -> Fraction | None:
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
    """Yield the mechanism of every number of categories in the permitted range, at each e^ε."""
    for factor in odds:
        for categories in range(MIN_CATEGORIES, MAX_CATEGORIES + 1):
            yield SubsetSelection(categories, factor)


def ratios(effort: Effort) -> Result:
    """The largest ratio over all sessions and outputs *equals* e^ε, for every weight."""
    up_to = 9 if effort.full else 7
    cases = list(mechanisms(Fraction(3), up_to=up_to))
    for odds in SPREAD_OF_ODDS[1:]:
        cases += mechanisms(odds, up_to=up_to if effort.full else 5)
    if not effort.full:  # of the larger ones those with fewer branches
        cases += [
            SubsetSelection(categories, Fraction(3), weight=weight)
            for categories in (8, 9)
            for weight in range(1, 5)
        ]
    wrong = []
    for number, case in enumerate(cases, start=1):
        ratio = largest_ratio(case, case.categories)
        if ratio != case.odds:
            wrong.append(f"{name_of(case)}: largest ratio {ratio}, not {case.odds}")
        if number % 50 == 0:
            effort.say(f"{number} of {len(cases)} mechanisms")
    return Result(
        name="ratios",
        wrong=tuple(wrong),
        figures={"mechanisms": len(cases), "up_to_categories": 9},
        summary=f"{len(cases)} Subset Selections with S' ≤ 9: the largest ratio over all pairs of "
        f"sessions equals e^ε in {len(cases) - len(wrong)}",
    )


def weeks(effort: Effort) -> Result:
    """The same over all weeks, the empty one included: from what was watched to the report."""
    sessions = 4 if effort.full else 3
    cases = list(mechanisms(Fraction(3), up_to=5 if effort.full else 4))
    wrong = [
        f"{name_of(case)}: largest ratio {ratio} over all weeks, not {case.odds}"
        for case in cases
        if (ratio := largest_ratio_of_weeks(case, sessions=sessions)) != case.odds
    ]
    return Result(
        name="weeks",
        wrong=tuple(wrong),
        figures={"mechanisms": len(cases), "up_to_sessions": sessions},
        summary=f"{len(cases)} Subset Selections, all weeks of up to {sessions} sessions, "
        f"the empty one included: the largest ratio equals e^ε in {len(cases) - len(wrong)}",
    )


def first_draws(effort: Effort) -> Result:
    """For everything a task may ask, the true session is kept with chance exactly p."""
    spread = SPREAD_OF_ODDS
    if effort.full:
        spread += (Fraction(299, 100), Fraction(1000, 999), Fraction(1000, 334))
    cases = list(permitted(spread))
    wrong = [
        f"{name_of(case)}: the truth is kept with chance {chance}, not {case.p}"
        for case in cases
        if (chance := chance_of_truth(case, 0)) != case.p
    ]
    return Result(
        name="first_draws",
        wrong=tuple(wrong),
        figures={"mechanisms": len(cases), "odds": [str(odds) for odds in spread]},
        summary=f"{len(cases)} permitted Subset Selections: the first draw is exactly p in "
        f"{len(cases) - len(wrong)}",
    )


def name_of(case: SubsetSelection) -> str:
    return f"S'={case.categories} d={case.weight} e^epsilon={case.odds}"
