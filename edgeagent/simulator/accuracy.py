"""How far estimates are from the truth: measured on simulated reports, beside the theory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, sqrt

import numpy as np
from scipy.stats import chi2

from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.precision import standard_error
from edgeagent.privacy.subset_selection import SubsetSelection

__all__ = ["Accuracy", "drawn_totals", "expected_error", "measure_accuracy", "theory_is_credible"]

_BATCH = 1 << 17
"""Reports drawn at a time: 8 MB at 65 categories, whatever the fleet."""
_MOST_FLEETS = 20
_CHANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The root mean square error of estimated shares, by theory and as measured."""

    odds: Fraction
    reports: int
    expected: float
    measured: float
    errors: int
    """How many estimates were compared with their truth."""
    covered: int
    """How many of their intervals hold it."""
    mean_half_width: float
    """Of those intervals."""

    @property
    def sampling_error(self) -> float:
        """Standard error of ``measured``: the errors are normal and as good as independent.

        (Errors of two categories are correlated by −1 / (S' − 1), which adds less than 1 %.)
        """
        return self.expected / sqrt(2 * self.errors)


def theory_is_credible(measured: Sequence[Accuracy]) -> bool:
    """Return whether chance explains how far measured errors are from theory, all taken together.

    Squared errors over their variances add up to a number that is distributed as χ² with one degree
    of freedom for each. False once in a million runs by chance.
    """
    errors = sum(one.errors for one in measured)
    squared = fsum(one.errors * (one.measured / one.expected) ** 2 for one in measured)
    rarer = min(chi2.cdf(squared, errors), chi2.sf(squared, errors))
    return bool(2 * rarer >= _CHANCE)


def expected_error(
    mechanism: SubsetSelection, truth: Sequence[float], *, reports: float, judged: int | None = None
) -> float:
    """Return the root mean square error of the shares of the first ``judged`` categories."""
    errors = [standard_error(mechanism, share, reports=reports) for share in truth[:judged]]
    return sqrt(fsum(error * error for error in errors) / len(errors))


def measure_accuracy(
    mechanism: SubsetSelection,
    truth: Sequence[float],
    *,
    reports: int,
    generator: np.random.Generator,
    judged: int | None = None,
    drawn: int = 200_000,
) -> Accuracy:
    """Simulate fleets, estimate, and compare with the truth.

    Args:
        mechanism: of the reports.
        truth: [S'] the chance of each category for one box.
        reports: of each fleet.
        generator: repeats itself for a seed.
        judged: only the first so many categories are compared; all by default.
        drawn: as many fleets are simulated as have so many reports together, from 1 to 20; a
            tenth of a second for the default.

    """
    fleets = min(_MOST_FLEETS, max(1, drawn // reports))
    squared, covered, widths = [], 0, []
    for _ in range(fleets):
        estimate = mechanism.estimate(
            drawn_totals(mechanism, truth, reports=reports, generator=generator)
        )
        squared += [(v - t) ** 2 for v, t in zip(estimate.values[:judged], truth, strict=False)]
        intervals = estimate.intervals[:judged]
        covered += sum(low <= t <= high for (low, high), t in zip(intervals, truth, strict=False))
        widths += [high - low for low, high in intervals]
    return Accuracy(
        odds=mechanism.odds,
        reports=reports,
        expected=expected_error(mechanism, truth, reports=reports, judged=judged),
        measured=sqrt(fsum(squared) / len(squared)),
        errors=len(squared),
        covered=covered,
        mean_half_width=fsum(widths) / 2 / len(widths),
    )


def drawn_totals(
    mechanism: SubsetSelection,
    truth: Sequence[float],
    *,
    reports: int,
    generator: np.random.Generator,
) -> Totals:
    """Draw the reports of so many boxes, in batches, and return their sums."""
    totals = Totals.none(categories=mechanism.categories)
    for begin in range(0, reports, _BATCH):
        sessions = generator.choice(len(truth), min(_BATCH, reports - begin), p=truth)
        totals += totals_of(draw_reports(mechanism, sessions, generator))
    return totals
