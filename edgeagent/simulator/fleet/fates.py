"""What becomes of the reports of the boxes whose week it is: who is silent, off, late, refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.fleet.outcome import BoxCounts
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.fleet.streams import stream

__all__ = ["Fates", "draw_fates"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """The boxes of a batch whose report is counted, and how many there are of each kind."""

    reported: NDArray[np.int64]
    """int [N], places in the batch."""
    off: Mask
    """bool [N], which of them were off for their whole week and drew the report afterwards."""
    poisoned: Mask
    """bool [N], which of them are an attacker's."""
    boxes: BoxCounts


def draw_fates(scenario: Scenario, week: int, batch: int, *, size: int, consenting: float) -> Fates:
    """Draw what becomes of each box of a batch; the first cause in the order below counts.

    A box that has opted out, is in its ledger's first 13 weeks, is off until its week can no longer
    be drawn, or holds the task of another quarter sends nothing. A task that the server no longer
    knows and a week that is closed are refused. All others are counted.

    Args:
        scenario: the fleet.
        week: the number of the UTC week.
        batch: which of the week's batches.
        size: how many boxes it has.
        consenting: the fraction of boxes that grant reports.

    """
    habits = scenario.habits
    left = stream(scenario, "consent", week % SPACING_WEEKS, batch).random(size) < consenting
    counts = {"due": size, "opted_out": size - int(np.count_nonzero(left))}

    def take(name: str, chosen: Mask) -> None:
        chosen = chosen & left
        counts[name] = counts.get(name, 0) + int(np.count_nonzero(chosen))
        np.logical_and(left, ~chosen, out=left)

    generator = stream(scenario, "fates", week, batch)
    how, version = generator.random(size), generator.random(size)
    weeks_late = generator.geometric(1 / habits.weeks_away, size)
    away = how < habits.away
    cut_off = ~away & (how < habits.away + habits.cut_off)
    too_late = weeks_late >= scenario.grace_weeks
    take("silent", _is_new(scenario, week, batch, size))
    take("off", away & too_late)
    take("outdated", version < habits.outdated)
    take("refused", version < habits.outdated + habits.old_task)
    take("refused", cut_off & too_late)
    reported = np.flatnonzero(left)
    share = scenario.poisoning.share if scenario.poisoning else 0.0
    poisoned = generator.random(len(reported)) < share
    again = generator.random(len(reported)) < habits.sent_again
    return Fates(
        reported=reported,
        off=away[reported],
        poisoned=poisoned,
        boxes=BoxCounts(
            **counts,
            reported=len(reported),
            late=int(np.count_nonzero((away | cut_off)[reported])),
            poisoned=int(np.count_nonzero(poisoned)),
            duplicate=int(np.count_nonzero(again)),
        ),
    )


def _is_new(scenario: Scenario, week: int, batch: int, size: int) -> Mask:
    """Return which ledgers began in this week or the 13 before it: they are still silent.

    A box is replaced in a week drawn from the 13 up to its reporting week. The fourteenth is the
    reporting week before, and so the last of the 13 that were drawn for that.
    """
    replaced = scenario.habits.replaced
    now, before = (
        stream(scenario, "ledger", number, batch).random(size)
        for number in (week, week - SPACING_WEEKS)
    )
    in_its_last = replaced * (1 - 1 / SPACING_WEEKS)
    return (now < replaced) | ((in_its_last <= before) & (before < replaced))
