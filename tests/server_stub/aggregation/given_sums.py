"""Aggregators that hold given sums, and made reports of an audience that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edgeagent.messages import ReportTask
from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.aggregator import Aggregator, WindowSums


@dataclass(kw_only=True)
class GivenSums(Aggregator):
    """An Aggregator of what it was given, by task."""

    sums: Mapping[str, tuple[WindowSums, ...]] = field(default_factory=dict)

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        found = self.sums.get(task.name, ())
        return tuple(window for window in found if not weeks or window.week in weeks)


def drawn_totals(
    task: ReportTask, shares: Sequence[float], *, boxes: int, generator: np.random.Generator
) -> Totals:
    """Draw the reports of boxes whose sessions fall on the categories with these chances."""
    sessions = generator.choice(len(shares), size=boxes, p=shares)
    return totals_of(draw_reports(randomizer_for(task), sessions, generator))
