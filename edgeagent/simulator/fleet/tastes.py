"""What a fleet's households watch, week by week: the chances, and one draw for each box.

A household has a favourite category and a loyalty to it; what else it watches follows the audience
of the week. Favourites change after two years, the audience by season, slow drift and a hit. A box
that is off for the whole week has watched nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.fleet.streams import stream

__all__ = ["Tastes"]

Chances = NDArray[np.float64]

_KEPT_WINDOWS = 8
"""So many of its reporting weeks a household keeps its favourite: two years."""
_YEAR_WEEKS = 52
_HALVED_WEEKS = 4
_TINY = 1e-12
"""In place of a share of 0, whose logarithm a season could not move."""


@dataclass(frozen=True)
class Tastes:
    """The chances of a scenario; computed once for each process."""

    scenario: Scenario

    @cached_property
    def consent(self) -> Chances:
        """[S'] the chance that a household grants reports, by its favourite category."""
        habits, categories = self.scenario.habits, self.scenario.categories
        readiness = 1 + habits.tilt * np.where(np.arange(categories) % 2 == 0, 1, -1)
        # Over all households the fraction that opts out stays what it is.
        return np.clip((1 - habits.opted_out) * readiness / (self._favourites @ readiness), 0, 1)

    @cached_property
    def consenting(self) -> float:
        """The fraction of boxes that grant reports."""
        return float(self._favourites @ self.consent)

    @cached_property
    def _favourites(self) -> Chances:
        return np.array(self.scenario.mix) / sum(self.scenario.mix)

    @cached_property
    def _favourites_of_consenting(self) -> Chances:
        return self._favourites * self.consent / self.consenting

    @cached_property
    def _weeks(self) -> Chances:
        """[W, S'] what is watched apart from favourites, for each week of the run."""
        habits, weeks = self.scenario.habits, self.scenario.weeks
        shape = weeks, self.scenario.categories
        generator = stream(self.scenario, "audience")
        peak = generator.random(shape[1]) * _YEAR_WEEKS
        number = (self.scenario.first_week + np.arange(weeks))[:, np.newaxis]
        season = habits.season * np.cos(2 * np.pi * (number - peak) / _YEAR_WEEKS)
        drift = habits.drift * np.cumsum(generator.standard_normal(shape), axis=0)
        since = np.arange(weeks) - weeks // 3
        hit = np.zeros(shape)
        hit[:, generator.integers(shape[1] - 1)] = np.where(
            since >= 0, habits.hit * 0.5 ** (since / _HALVED_WEEKS), 0
        )
        # The start is the mix that was given: seasons and drift are counted from there.
        moved = season - season[0] + drift - drift[0] + hit
        weights = np.maximum(self._favourites, _TINY) * np.exp(moved)
        shares: Chances = weights / weights.sum(axis=1, keepdims=True)
        return shares

    @cached_property
    def watched_nothing(self) -> float:
        """The fraction of the boxes whose report is counted that were off for the whole week."""
        habits = self.scenario.habits
        in_time = 1 - (1 - 1 / habits.weeks_away) ** (self.scenario.grace_weeks - 1)
        counted = 1 - (habits.away + habits.cut_off) * (1 - in_time)
        return habits.away * in_time / counted

    def truth(self, index: int, *, all_boxes: bool = False) -> Chances:
        """Return the [S'] chances of a week, for the boxes that grant reports or for all.

        Args:
            index: the week, counted from the first of the run.
            all_boxes: those that opted out, too.

        """
        loyalty = self.scenario.habits.loyalty
        favourites = self._favourites if all_boxes else self._favourites_of_consenting
        chances: Chances = loyalty * favourites + (1 - loyalty) * self._weeks[index]
        chances *= 1 - self.watched_nothing
        chances[-1] += self.watched_nothing
        return chances

    def sessions(
        self, index: int, batch: int, *, boxes: NDArray[np.int64], off: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Draw the category of one session for each of some boxes that grant reports.

        Args:
            index: the week, counted from the first of the run.
            batch: which of the week's batches.
            boxes: int [N], their places in the batch.
            off: bool [N], which were off for the whole week.

        """
        week = self.scenario.first_week + index
        generator = stream(self.scenario, "session", week, batch)
        drawn = _choose(self._weeks[index], generator.random(len(boxes)))
        loyal = generator.random(len(boxes)) < self._loyalty(week, batch, boxes)
        drawn[loyal] = self._favourite(week, batch, boxes)[loyal]
        drawn[off] = self.scenario.categories - 1
        return drawn

    def _loyalty(self, week: int, batch: int, boxes: NDArray[np.int64]) -> Chances:
        generator = stream(self.scenario, "loyalty", week % SPACING_WEEKS, batch)
        uniform: Chances = generator.random(int(boxes.max(initial=0)) + 1)[boxes]
        return uniform * (2 * self.scenario.habits.loyalty)

    def _favourite(self, week: int, batch: int, boxes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return favourites; each household changes its own at one of eight windows."""
        window, phase = divmod(week, SPACING_WEEKS)
        size = int(boxes.max(initial=0)) + 1
        turn = stream(self.scenario, "turn", phase, batch).integers(_KEPT_WINDOWS, size=size)
        epoch, since = divmod(window, _KEPT_WINDOWS)
        before, after = (
            stream(self.scenario, "favourite", phase, batch, which).random(size)
            for which in (epoch, epoch + 1)
        )
        uniform = np.where(since + turn >= _KEPT_WINDOWS, after, before)
        return _choose(self._favourites_of_consenting, uniform[boxes])


def _choose(chances: Chances, uniform: Chances) -> NDArray[np.int64]:
    """Return for each uniform number the category whose part of [0, 1) it falls into."""
    found = np.searchsorted(np.cumsum(chances[:-1]), uniform, side="right")
    return found.astype(np.int64, copy=False)
