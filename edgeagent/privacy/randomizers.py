"""The randomiser protocol, and the randomiser of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from edgeagent.messages.fields import MechanismName
from edgeagent.messages.task import ReportTask
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.estimation import Estimate, Totals
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts, SegmentCounts
from edgeagent.randomness import RandomSource

__all__ = ["Randomizer", "randomizer_for", "randomizer_of"]


class Randomizer(Protocol):
    """A mechanism: the box's side and the server's side in one class, so that they stay consistent.

    Neighbours are any two weeks of one box: no output of :meth:`bound` followed by
    :meth:`privatize` is more than ``odds`` times as likely for one of them as for the other.
    """

    categories: int
    """S', including "none", the last category."""
    odds: Fraction
    """e^ε of one report, as booked."""
    most_sessions: int
    """How many sessions of a week :meth:`bound` uses at most. Drawing that many first and bounding
    those gives the same distribution, and only these sessions need a segment."""

    def bound(self, week: SegmentCounts, random: RandomSource) -> BoundedCounts:
        """Limit what one week can contribute; runs in the box."""
        ...

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        """Randomise bounded counts; runs in the box."""
        ...

    def is_possible(self, counts: Sequence[int]) -> bool:
        """Return whether :meth:`privatize` can produce these counts; the server refuses others."""
        ...

    def estimate(self, totals: Totals, *, confidence: float = 0.95) -> Estimate:
        """Estimate what the audience watched from the sums of all counts; runs on the server."""
        ...


def randomizer_for(task: ReportTask) -> Randomizer:
    """Return the randomiser of a task.

    Raises:
        PolicyError: there is no mechanism with its parameters.

    """
    return randomizer_of(task.mechanism, task.categories, task.odds)


def randomizer_of(mechanism: MechanismName, categories: int, odds: Fraction) -> Randomizer:
    """Return a randomiser by name, S' and e^ε.

    Raises:
        PolicyError: there is no mechanism with these parameters.

    """
    return _MECHANISMS[mechanism](categories, odds)


_MECHANISMS: Mapping[MechanismName, Callable[[int, Fraction], Randomizer]] = {
    "discrete_laplace": DiscreteLaplace,
    "subset_selection": SubsetSelection,
}
