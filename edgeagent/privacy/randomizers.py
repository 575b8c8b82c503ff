"""The randomiser a task asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from edgeagent.errors import PolicyError
from edgeagent.messages.task import ReportTask
from edgeagent.privacy.estimation import Estimate
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import PrivatizedCounts
from edgeagent.randomness import RandomSource

__all__ = ["Randomizer", "randomizer_for"]


class Randomizer(Protocol):
    """A mechanism: both of its sides in one place, so that they cannot drift apart."""

    def privatize(self, category: int, random: RandomSource) -> PrivatizedCounts:
        """Randomise the category of one session, in ``[0, categories)``; runs in the box."""
        ...

    def is_possible(self, counts: Sequence[int]) -> bool:
        """Say whether :meth:`privatize` can give these counts; the server refuses others."""
        ...

    def estimate(
        self, totals: Sequence[int], reports: int, *, confidence: float = 0.95
    ) -> Estimate:
        """Estimate the shares from the sums of all counts; runs on the server."""
        ...


def randomizer_for(task: ReportTask) -> Randomizer:
    """Return the randomiser of a task.

    Raises:
        PolicyError: the agent does not have that mechanism.

    """
    if task.mechanism == "subset_selection":
        return SubsetSelection(task.categories, task.odds)
    raise PolicyError(
        f"mechanism {task.mechanism!r} is not available in this agent",
        hint="publish a task with mechanism subset_selection",
    )
