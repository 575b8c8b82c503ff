"""What somebody can conclude who sees all reports of a box and knows the population.

The worst case is a household that watches the same segment for ever and reports that can be linked
to each other: then every report is evidence about one fact. Bayes' rule turns the shares of the
population into what that observer believes afterwards. For display: floats, in logarithms, summed
by fsum, which says the same under every Python: sum() compensates from 3.12 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import exp, fsum, log

from edgeagent.errors import InputError
from edgeagent.messages.report import Report
from edgeagent.privacy.discrete_laplace import CLIP, DiscreteLaplace

__all__ = ["checked_prior", "evidence", "largest_posterior", "posterior", "uniform_prior"]

_TOLERANCE = 1e-6


def uniform_prior(categories: int) -> tuple[float, ...]:
    """Return the shares of somebody who knows nothing of the population."""
    return (1 / categories,) * categories


def checked_prior(shares: Sequence[float], categories: int) -> tuple[float, ...]:
    """Return shares of a population, if that is what they are.

    Raises:
        InputError: not one share a category, one that is no share, or they do not sum to one.

    """
    sound = len(shares) == categories and all(0 <= share <= 1 for share in shares)
    if not sound or abs(fsum(shares) - 1) > _TOLERANCE:
        raise InputError(
            f"the prior has to be {categories} shares of 0 to 1 that sum to 1",
            hint="a JSON array, one share a category of the task, 'none' last",
        )
    return tuple(shares)


def evidence(report: Report) -> tuple[float, ...]:
    """Return for each category ln of how likely a report is if the whole week was in it.

    Up to a constant. Under Subset Selection each report that holds a category is e^ε times as
    likely after it (Ye and Barg 2018). Under discrete Laplace noise of rate r a count y is
    exp(−r (|y − C| − |y|)) times as likely after C sessions as after none.
    """
    mechanism, _, odds, _ = report.task.split(".")
    factor = Fraction(odds.replace("-", "/"))
    if mechanism == "subset_selection":
        return tuple(count * log(factor) for count in report.counts)
    rate = float(DiscreteLaplace(len(report.counts), factor).rate)
    return tuple(-rate * (abs(count - CLIP) - abs(count)) for count in report.counts)


def posterior(prior: Sequence[float], reports: Sequence[Report]) -> tuple[float, ...]:
    """Return the shares after seeing reports on the same categories."""
    seen = [evidence(report) for report in reports]
    weights = [
        share * exp(fsum(one[category] for one in seen)) for category, share in enumerate(prior)
    ]
    total = fsum(weights)
    return tuple(weight / total for weight in weights)


def largest_posterior(prior: float, odds: Fraction) -> float:
    """Return the most that a share can become under reports that cost ``odds`` together.

    Whatever they say: no answer is more than ``odds`` times as likely after one history as after
    another, so the odds for a fact grow by that factor at most.
    """
    raised = prior * float(odds)
    return raised / (raised + 1 - prior)
