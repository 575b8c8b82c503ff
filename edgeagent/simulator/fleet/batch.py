"""One batch: so many boxes of one phase in one reporting week, reduced to sums of integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.estimation import Totals
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.fleet.attacks import draw_poisoned
from edgeagent.simulator.fleet.fates import draw_fates
from edgeagent.simulator.fleet.outcome import BoxCounts
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.fleet.streams import stream
from edgeagent.simulator.fleet.tastes import Tastes

__all__ = ["BATCH_BOXES", "BatchSums", "FleetBatch", "batches_of", "run_batch"]

BATCH_BOXES = 65_536
"""Reports of 33 categories are then 2 MiB, and a batch takes some tens of milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetBatch:
    """Which boxes: a seed of its own hangs on week and number."""

    index: int
    """The week, counted from the first of the run."""
    number: int
    boxes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSums:
    """What a batch comes to. Integers: their sum does not depend on the order."""

    boxes: BoxCounts
    honest: Totals
    poisoned: Totals

    def __add__(self, other: BatchSums) -> BatchSums:
        """Return the sums of both."""
        return BatchSums(
            boxes=self.boxes + other.boxes,
            honest=self.honest + other.honest,
            poisoned=self.poisoned + other.poisoned,
        )

    @classmethod
    def none(cls, *, categories: int) -> BatchSums:
        """Return the sums of no batch."""
        nothing = Totals.none(categories=categories)
        return cls(boxes=BoxCounts(), honest=nothing, poisoned=nothing)


def batches_of(scenario: Scenario) -> Iterator[FleetBatch]:
    """Yield all batches of a run, week by week.

    Each box has drawn its phase, so that the number of boxes of each is multinomial.
    """
    even = [1 / SPACING_WEEKS] * SPACING_WEEKS
    phases = stream(scenario, "phases").multinomial(scenario.boxes, even)
    for index in range(scenario.weeks):
        boxes = int(phases[(scenario.first_week + index) % SPACING_WEEKS])
        for number, begin in enumerate(range(0, boxes, BATCH_BOXES)):
            yield FleetBatch(index=index, number=number, boxes=min(BATCH_BOXES, boxes - begin))


def run_batch(scenario: Scenario, batch: FleetBatch) -> BatchSums:
    """Live the week of a batch: fates, sessions, reports, sums."""
    tastes, randomizer = _tastes(scenario), scenario.randomizer()
    week = scenario.first_week + batch.index
    fates = draw_fates(scenario, week, batch.number, size=batch.boxes, consenting=tastes.consenting)
    honest = ~fates.poisoned
    sessions = tastes.sessions(
        batch.index, batch.number, boxes=fates.reported[honest], off=fates.off[honest]
    )
    noise = stream(scenario, "noise", week, batch.number)
    poisoned = Totals.none(categories=scenario.categories)
    if scenario.poisoning is not None:
        lies = stream(scenario, "poison", week, batch.number)
        poisoned = totals_of(
            draw_poisoned(randomizer, scenario.poisoning, fates.boxes.poisoned, lies)
        )
    return BatchSums(
        boxes=fates.boxes,
        honest=totals_of(draw_reports(randomizer, sessions, noise)),
        poisoned=poisoned,
    )


@lru_cache(maxsize=1)
def _tastes(scenario: Scenario) -> Tastes:
    return Tastes(scenario)
