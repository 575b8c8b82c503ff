"""What a fleet is like: how many boxes, what they watch, and what goes wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from edgeagent.clock import week_of
from edgeagent.errors import InputError
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.task import MAX_ODDS
from edgeagent.privacy.randomizers import Randomizer, randomizer_of
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.calendar import START
from edgeagent.simulator.fleet.poisoning import Poisoning

__all__ = ["PLAIN", "Habits", "Scenario", "invented_mix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a fleet's boxes live; every chance is that of one box in one reporting week.

    The values are invented: round numbers of the size that operators speak of. No result of this
    project rests on one of them.
    """

    opted_out: float = 0.35
    """Fraction of boxes that do not grant reports."""
    tilt: float = 0.3
    """How much the choice to report depends on taste: for half of the categories, households
    that favour one grant reports by so much more often than ``opted_out`` says, for the others by
    so much more seldom."""
    loyalty: float = 0.4
    """Mean chance that a session is in the household's favourite category; it varies evenly from
    0 to twice that from box to box."""
    season: float = 0.3
    """Height of the yearly wave of each category, in log-odds."""
    drift: float = 0.02
    """Step of each category's random walk in one week, in log-odds."""
    hit: float = 1.0
    """By how much a title that comes out one third into the run raises its category, in log-odds;
    half of it is gone after four weeks."""
    replaced: float = 0.03
    """Chance that a box was replaced by a new one since its last reporting week."""
    away: float = 0.05
    """Chance that a box is off for the whole week, and for some weeks more."""
    cut_off: float = 0.03
    """Chance that its report waits in the outbox for some weeks because nothing gets through."""
    weeks_away: float = 4.0
    """Mean of those weeks, geometric."""
    outdated: float = 0.02
    """Fraction that still holds the task of the quarter before, and so sends nothing."""
    old_task: float = 0.01
    """Fraction that answers a task the server no longer knows."""
    sent_again: float = 0.01
    """Fraction of reports of which the server's answer is lost, so that they are sent again."""


PLAIN = Habits(
    **dict.fromkeys(
        (
            *("opted_out", "tilt", "loyalty", "season", "drift", "hit", "replaced", "away"),
            *("cut_off", "outdated", "old_task", "sent_again"),
        ),
        0.0,
    )
)
"""Every box reports in its week, and the audience is the same in all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that determines the numbers of a fleet."""

    boxes: int
    weeks: int
    seed: int
    mix: tuple[float, ...]
    """[S'] shares of sessions at the beginning, over all boxes; "none" is the last."""
    mechanism: MechanismName = "subset_selection"
    odds: Fraction = MAX_ODDS
    """e^ε of a report."""
    first_week: int = week_of(START)
    grace_weeks: int = SPACING_WEEKS
    """So many weeks after the end of its week a report is still taken."""
    habits: Habits = field(default_factory=Habits)
    poisoning: Poisoning | None = None

    @property
    def categories(self) -> int:
        """S'."""
        return len(self.mix)

    def randomizer(self) -> Randomizer:
        """Return the mechanism.

        Raises:
            PolicyError: there is none with these parameters.

        """
        return randomizer_of(self.mechanism, self.categories, self.odds)


def invented_mix(categories: int) -> tuple[float, ...]:
    """Return [S'] shares for a fleet without a trained model: 20 % of weeks are empty.

    The segments follow Zipf's law with exponent 1/2: the first of 32 has 8 %, the last 1.5 %.
    """
    if categories < 2:  # noqa: PLR2004  (a segment, and "none")
        raise InputError(f"{categories} categories leave no segment", hint="give 2 or more")
    weights = [rank**-0.5 for rank in range(1, categories)]
    return (*(0.8 * weight / sum(weights) for weight in weights), 0.2)
