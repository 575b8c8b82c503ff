"""What an observer who sees all reports of a box and knows the population can conclude.

The worst case is a household that always watches the same segment, and reports that can be linked:
then every report is evidence about one fact. Bayes' rule turns the shares of the population into
the observer's posterior belief. For display only: floats in logarithms, summed by fsum, which gives
the same result in every Python version (sum() compensates from 3.12 on).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import exp, fsum, log

from edgeagent.errors import InputError
from edgeagent.messages.report import Report
from edgeagent.messages.task_name import read_task_name
from edgeagent.privacy.discrete_laplace import CLIP, DiscreteLaplace

__all__ = ["checked_prior", "evidence", "largest_posterior", "posterior", "uniform_prior"]

_TOLERANCE = 1e-6


def uniform_prior(categories: int) -> tuple[float, ...]:
    """Return the prior of an observer who knows nothing of the population."""
    return (1 / categories,) * categories


def checked_prior(shares: Sequence[float], categories: int) -> tuple[float, ...]:
    """Return the shares of a population after checking them.

    Raises:
        InputError: not one share per category, a value outside [0, 1], or a sum other than one.

    """
    sound = len(shares) == categories and all(0 <= share <= 1 for share in shares)
    if not sound or abs(fsum(shares) - 1) > _TOLERANCE:
        raise InputError(
            f"the prior must be {categories} shares from 0 to 1 that sum to 1",
            hint="give a JSON array with one share per category of the task, 'none' last",
        )
    return tuple(shares)


def evidence(report: Report) -> tuple[float, ...]:
    """Return for each category the log-likelihood of a report if the whole week was in it.

    Up to a constant. Under Subset Selection each report that contains a category is e^ε times
    as likely after it (Ye and Barg 2018). Under discrete Laplace noise of rate r a count y is
    exp(−r (|y − C| − |y|)) times as likely after C sessions as after none.
    """
    terms = read_task_name(report.task)
    return _EVIDENCE[terms.mechanism](report.counts, terms.odds)


def _of_subset(counts: Sequence[int], odds: Fraction) -> tuple[float, ...]:
    return tuple(count * log(odds) for count in counts)


def _of_laplace(counts: Sequence[int], odds: Fraction) -> tuple[float, ...]:
    rate = float(DiscreteLaplace(len(counts), odds).rate)
    return tuple(-rate * (abs(count - CLIP) - abs(count)) for count in counts)


# A mechanism that is not named here is an error: another one's formula would understate what its
# reports tell.
_EVIDENCE: Mapping[str, Callable[[Sequence[int], Fraction], tuple[float, ...]]] = {
    "discrete_laplace": _of_laplace,
    "subset_selection": _of_subset,
}


def posterior(prior: Sequence[float], reports: Sequence[Report]) -> tuple[float, ...]:
    """Return the shares after seeing reports on the same categories."""
    seen = [evidence(report) for report in reports]
    weights = [
        share * exp(fsum(one[category] for one in seen)) for category, share in enumerate(prior)
    ]
    total = fsum(weights)
    return tuple(weight / total for weight in weights)


def largest_posterior(prior: float, odds: Fraction) -> float:
    """Return the largest posterior of a share after reports that cost ``odds`` together.

    This holds for any content: no answer is more than ``odds`` times as likely after one history as
    after another, so the odds of a fact grow by at most that factor.
    """
    raised = prior * float(odds)
    return raised / (raised + 1 - prior)
