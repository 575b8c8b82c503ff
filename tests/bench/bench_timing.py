"""Whether the time a report takes tells what was watched.

``python -m tests.bench.bench_timing [--calls 20000]`` prints one JSON object. Each category's
report is drawn and encoded equally often, in an order that is drawn again every round, so that a
busy moment hits all alike. For each category its durations are held against those of all others by
the Mann-Whitney test; the effect size is the chance that a call with it takes longer than a call
with another (0.5: nothing to tell). A planted early exit shows what the bench can see.

Two sources: the operating system's, as on a box, and one that answers at once, which is stricter,
for the time of the system calls no longer hides anything.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
from fractions import Fraction
from statistics import median
from time import perf_counter_ns
from typing import Literal

from scipy.stats import mannwhitneyu

from edgeagent.messages import encode_report
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.randomizers import Randomizer
from edgeagent.privacy.release import release
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts, SegmentCounts
from edgeagent.randomness import RandomSource, SystemRandomSource
from tests.audit.loss import task
from tests.bench.figures import say

_CATEGORIES: Literal[33] = 33
_THREE = Fraction(3)
_TASK = task("subset_selection", _CATEGORIES)


class _AtOnce:
    """Small integers without a system call; rejections of the samplers still happen."""

    def __init__(self) -> None:
        self._state = 1

    def below(self, bound: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self._state >> 20) % bound


class _EarlyExit(SubsetSelection):
    """The planted fault: looks for the true category from the front and does work on the way."""

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        for count in bounded.counts:
            if count:
                break
        return super().privatize(bounded, random)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="a category")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    calls = options.calls
    cases: tuple[tuple[str, Randomizer, RandomSource, int], ...] = (
        ("subset_selection", _subset(), SystemRandomSource(), calls),
        ("subset_selection_at_once", _subset(), _AtOnce(), calls),
        ("discrete_laplace", _laplace(), SystemRandomSource(), calls // 10),
        ("discrete_laplace_at_once", _laplace(), _AtOnce(), calls // 10),
        ("planted_early_exit_at_once", _EarlyExit(33, _THREE), _AtOnce(), calls),
    )
    figures = {}
    for name, mechanism, source, number in cases:
        sys.stderr.write(f"{name}: {number:,} calls a category\n")
        figures[name] = _judge(_durations(mechanism, source, calls=number))
    say(figures, as_json=options.json)


def _subset() -> SubsetSelection:
    return SubsetSelection(_CATEGORIES, _THREE)


def _laplace() -> DiscreteLaplace:
    return DiscreteLaplace(_CATEGORIES, _THREE)


def _durations(mechanism: Randomizer, source: RandomSource, *, calls: int) -> list[list[int]]:
    """Return nanoseconds of every call, by category; "none" is an empty week."""
    order = list(range(_CATEGORIES))
    weeks = [SegmentCounts.of([category], categories=_CATEGORIES) for category in order[:-1]]
    weeks.append(SegmentCounts.of([], categories=_CATEGORIES))
    taken: list[list[int]] = [[] for _ in order]
    shuffle = random.Random(1).shuffle  # noqa: S311  (the order of a measurement)
    gc.disable()
    for _ in range(calls):
        shuffle(order)
        for category in order:
            started = perf_counter_ns()
            noisy = mechanism.privatize(mechanism.bound(weeks[category], source), source)
            encode_report(release(noisy, task=_TASK, week=2960, random=source))
            taken[category].append(perf_counter_ns() - started)
    gc.enable()
    return taken


def _judge(taken: list[list[int]]) -> dict[str, float]:
    everything = [duration for durations in taken for duration in durations]
    middle = median(everything)
    effects, chances = [], []
    for category, durations in enumerate(taken):
        others = [
            duration
            for other, rest in enumerate(taken)
            if other != category
            for duration in rest[:: _CATEGORIES - 1]
        ]
        test = mannwhitneyu(durations, others)
        effects.append(float(test.statistic) / (len(durations) * len(others)))
        chances.append(float(test.pvalue))
    furthest = max(range(_CATEGORIES), key=lambda category: abs(effects[category] - 0.5))
    return {
        "median_us": middle / 1000,
        "spread_us": (sorted(everything)[9 * len(everything) // 10] - middle) / 1000,
        "largest_difference_of_medians_percent": max(
            abs(median(durations) / middle - 1) * 100 for durations in taken
        ),
        "category_told_best": furthest,
        "longer_percent": 100 * effects[furthest],
        "told_by": abs(effects[furthest] - 0.5),
        "smallest_p_times_categories": min(1.0, min(chances) * _CATEGORIES),
        "calls_a_category": len(taken[0]),
    }


if __name__ == "__main__":
    main()
