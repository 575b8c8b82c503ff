"""The randomiser a task asks for."""

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

__all__ = ["Randomizer", "randomizer_for"]


class Randomizer(Protocol):
    """A mechanism: both of its sides in one place, so that they cannot drift apart.

    Neighbours are any two weeks of one box: no output of :meth:`bound` and then :meth:`privatize`
    is more than ``odds`` times as likely after one of them as after the other.
    """

    categories: int
    """S', "none" included, which is the last one."""
    odds: Fraction
    """e^ε of one report, as it is booked."""
    most_sessions: int
    """How many sessions of a week :meth:`bound` lets through; to draw as many of them first, and
    bound those, is the same to it, and no other session needs a segment."""

    def bound(self, week: SegmentCounts, random: RandomSource) -> BoundedCounts:
        """Limit what one week can contribute; runs in the box."""
        ...

    def privatize(self, bounded: BoundedCounts, random: RandomSource) -> PrivatizedCounts:
        """Randomise bounded counts; runs in the box."""
        ...

    def is_possible(self, counts: Sequence[int]) -> bool:
        """Say whether :meth:`privatize` can give these counts; the server refuses others."""
        ...

    def estimate(self, totals: Totals, *, confidence: float = 0.95) -> Estimate:
        """Estimate what the audience watched from the sums of all counts; runs on the server."""
        ...


def randomizer_for(task: ReportTask) -> Randomizer:
    """Return the randomiser of a task.

    Raises:
        PolicyError: its parameters make no mechanism.

    """
    return _MECHANISMS[task.mechanism](task.categories, task.odds)


_MECHANISMS: Mapping[MechanismName, Callable[[int, Fraction], Randomizer]] = {
    "discrete_laplace": DiscreteLaplace,
    "subset_selection": SubsetSelection,
}
