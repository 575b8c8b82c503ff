"""What a reader of a report sees in it, and what the same reader sees of a week without viewings.

For display: on the household's own screen and on the command line. Neither function reads a
history, so both may be called as often as anybody likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeagent.messages.fields import TaskName
from edgeagent.messages.task_name import TaskTerms, read_task_name
from edgeagent.privacy.discrete_laplace import CLIP, DiscreteLaplace
from edgeagent.privacy.inference import largest_posterior
from edgeagent.privacy.randomizers import randomizer_of
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource

__all__ = ["Noise", "Reading", "Ticks", "of_empty_week", "read_counts"]

_EVEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What Subset Selection shows: some categories, the true one among them or not."""

    ticked: tuple[int, ...]
    """The categories in the subset, in their order."""
    true_fraction: float
    """p: how likely the category that was drawn is ticked."""
    other_fraction: float
    """q: how likely any other one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What discrete Laplace noise shows: a number for each category."""

    most_sessions: int
    """All numbers together count at most as many sessions."""
    mean_shift: float
    """E|z|: how far the noise moves a number on average, up or down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One report as its reader sees it."""

    terms: TaskTerms
    counts: tuple[int, ...]
    """[S'] as they left; the last category is "none"."""
    shown: Ticks | Noise
    bet_fraction: float
    """What a bet on the week that stood even before reading can rise to, at most."""


def read_counts(task: TaskName, counts: Sequence[int]) -> Reading:
    """Return what the counts of a report on a task show.

    >>> read_counts("subset_selection.9.3-1.1", (1, 1, 0, 0, 0, 0, 0, 0, 0)).shown.true_fraction
    0.46153846153846156

    Raises:
        PolicyError: no mechanism of that name makes such counts.

    """
    terms = read_task_name(task)
    return Reading(
        terms=terms,
        counts=tuple(counts),
        shown=_noise(terms) if terms.mechanism == "discrete_laplace" else _ticks(terms, counts),
        bet_fraction=largest_posterior(_EVEN, terms.odds),
    )


def _ticks(terms: TaskTerms, counts: Sequence[int]) -> Ticks:
    ticked = tuple(category for category, count in enumerate(counts) if count)
    # The weight that the report has, which is that of its release, not of this one.
    mechanism = SubsetSelection(len(counts), terms.odds, weight=len(ticked))
    return Ticks(ticked=ticked, true_fraction=float(mechanism.p), other_fraction=float(mechanism.q))


def _noise(terms: TaskTerms) -> Noise:
    ratio = DiscreteLaplace(terms.categories, terms.odds).ratio
    # P(z) is proportional to λ^|z|, so that E|z| = 2 λ / (1 − λ²).
    return Noise(most_sessions=CLIP, mean_shift=2 * ratio / (1 - ratio * ratio))


def of_empty_week(task: TaskName, random: RandomSource) -> Reading:
    """Return an example: what a reader sees of a week in which nothing was watched.

    By the mechanism that makes reports, from an empty week; it is no report, as it has no id.
    """
    terms = read_task_name(task)
    randomizer = randomizer_of(terms.mechanism, terms.categories, terms.odds)
    empty = SegmentCounts.of((), categories=terms.categories)
    noisy = randomizer.privatize(randomizer.bound(empty, random), random)
    return read_counts(task, noisy.counts)
