"""What became of a fleet: boxes, truth and estimate of each window, and of the whole run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import fsum, sqrt

from edgeagent.messages.report import REPORT_BYTES
from edgeagent.privacy.estimation import Estimate
from edgeagent.simulator.fleet.scenario import Scenario

__all__ = ["AttackEffect", "BoxCounts", "FleetCost", "FleetOutcome", "FleetWindow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCounts:
    """The boxes whose reporting week it is, by what became of their report.

    ``due`` is the sum of reported, refused, outdated, silent, off and opted_out. The others count
    among the reported, except ``duplicate``, which counts reports rather than boxes.
    """

    due: int = 0
    reported: int = 0
    """The server counted a report of theirs."""
    late: int = 0
    """Of those reported: it arrived a week or more after the reporting week had ended."""
    poisoned: int = 0
    """Of those reported: an attacker's."""
    duplicate: int = 0
    """Reports that arrived a second time under the same id, and were not counted again."""
    refused: int = 0
    """The server answered that the week is closed or the task not known."""
    outdated: int = 0
    """The box held the task of another quarter, and sent nothing."""
    silent: int = 0
    """The box was new: nothing is sent in the first 13 weeks."""
    off: int = 0
    """The box was off until it was too late to draw a report."""
    opted_out: int = 0
    """The household does not grant reports."""

    def __add__(self, other: BoxCounts) -> BoxCounts:
        """Add each count."""
        return BoxCounts(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetWindow:
    """One week: the boxes of one phase, a thirteenth of the fleet."""

    week: int
    """The number of the UTC week."""
    boxes: BoxCounts
    truth: tuple[float, ...]
    """[S'] the chance of each category for a box that grants reports: what is estimated."""
    truth_of_all: tuple[float, ...]
    """[S'] the same for all boxes, those that opted out included: what an operator would like to
    know, and what no report can tell."""
    estimate: Estimate | None
    """``None`` if the server counted no report."""
    epsilon_most: float
    """The most that one box has spent since the run began, up to this week; an ε."""
    epsilon_mean: float
    """The mean over the boxes that grant reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackEffect:
    """What poisoned reports did to the estimate of the whole run, beside what theory says.

    The effect is estimate minus the estimate from the honest reports alone, by category. The
    formulas stand in :mod:`edgeagent.simulator.fleet.attacks`.
    """

    target: int
    share: float
    """Fraction of the counted reports that are poisoned."""
    expected_share: float
    expected: tuple[float, ...]
    """[S'] the effect by theory, for the expected share."""
    measured: tuple[float, ...]
    standard_error: float
    """Of the measured effect on the target, by theory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCost:
    """What a fleet cost: its traffic, and the time it took to simulate."""

    reports_sent: int
    """Those that arrived twice and those that were refused included."""
    box_windows: int
    """One box in one of its reporting weeks, drawn or not."""
    seconds: float
    """This process's, from the first batch to the last; of a resumed run the last part alone."""
    box_windows_per_second: float

    @property
    def bytes_sent(self) -> int:
        """Bodies of reports, without HTTP and TLS."""
        return self.reports_sent * REPORT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutcome:
    """The whole run, and all its windows as one sum."""

    scenario: Scenario
    windows: tuple[FleetWindow, ...]
    boxes: BoxCounts
    truth: tuple[float, ...]
    """[S'] of the windows, weighted by their counted reports."""
    truth_of_all: tuple[float, ...]
    estimate: Estimate
    effect: AttackEffect | None
    """``None`` without poisoners."""
    cost: FleetCost = field(compare=False)
    note: str | None = field(default=None, compare=False)
    """What became of an earlier run's checkpoint, if there was one."""

    @property
    def devices(self) -> int:
        """How many boxes the fleet has."""
        return self.scenario.boxes

    @property
    def rmse(self) -> float:
        """Root mean square error of the values, over the categories."""
        errors = [v - t for v, t in zip(self.estimate.values, self.truth, strict=True)]
        return sqrt(fsum(error * error for error in errors) / len(errors))

    @property
    def expected_rmse(self) -> float:
        """What the estimator itself expects it to be."""
        return sqrt(fsum(self.estimate.variances) / len(self.truth))

    @property
    def covered(self) -> int:
        """How many of the S' intervals cover the truth."""
        return sum(
            low <= true <= high
            for (low, high), true in zip(self.estimate.intervals, self.truth, strict=True)
        )

    @property
    def interval_coverage(self) -> float:
        """The same as a fraction."""
        return self.covered / len(self.truth)

    @property
    def mean_half_width(self) -> float:
        """Half the mean width of the intervals."""
        return fsum(high - low for low, high in self.estimate.intervals) / 2 / len(self.truth)
