"""The budget: what a box has spent on reports, in exact fractions of e^ε.

Pure ε-differential privacy composes by adding ε (Dwork and Roth 2014, Theorem 3.16), so the factors
e^ε multiply. They are rational numbers, and all arithmetic here is exact: no logarithms, no
rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log, prod

from edgeagent.errors import PolicyError
from edgeagent.messages.task import MAX_ODDS, PERMITTED_ODDS
from edgeagent.reporting_calendar import SPACING_WEEKS

__all__ = [
    "COMPILED_LIMITS",
    "MAX_ODDS_PER_REPORT",
    "MAX_ODDS_PER_YEAR",
    "YEAR_WEEKS",
    "Debit",
    "Limits",
    "check_debit",
    "epsilon",
    "most_spent",
    "spent",
]

MAX_ODDS_PER_REPORT = MAX_ODDS
YEAR_WEEKS = 52
MAX_ODDS_PER_YEAR = Fraction(81)
"""Over any 52 consecutive weeks: ε ≤ 4.40."""
_IN_WORDS = ", ".join(map(str, PERMITTED_ODDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a report; settings can tighten them, nothing can loosen them."""

    max_odds: Fraction = MAX_ODDS_PER_REPORT
    """Largest e^ε of one report, one of the permitted values."""
    spacing_weeks: int = SPACING_WEEKS
    """Minimum number of weeks from one report to the next."""

    def __post_init__(self) -> None:
        """Raise if they are looser than the compiled limits.

        Raises:
            PolicyError: they are.

        """
        if self.max_odds not in PERMITTED_ODDS or self.spacing_weeks < SPACING_WEEKS:
            raise PolicyError(
                f"limits of e^epsilon {self.max_odds} and {self.spacing_weeks} weeks are not "
                f"within the compiled {_IN_WORDS} and {SPACING_WEEKS}",
                hint="settings can only tighten",
            )


COMPILED_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """The cost of the report on one week."""

    week: int
    odds: Fraction
    """e^ε of that report."""


def epsilon(odds: Fraction) -> float:
    """Return ε = ln(e^ε) for display; decisions are made on the fraction."""
    return log(odds)


def spent(debits: Sequence[Debit], *, last_week: int, weeks: int = YEAR_WEEKS) -> Fraction:
    """Return the product of all debits in the ``weeks`` weeks that end with ``last_week``."""
    return prod(
        (debit.odds for debit in debits if last_week - weeks < debit.week <= last_week),
        start=Fraction(1),
    )


def most_spent(debits: Sequence[Debit]) -> Fraction:
    """Return the largest product of all debits in any 52 consecutive weeks."""
    return max((spent(debits, last_week=debit.week) for debit in debits), default=Fraction(1))


def check_debit(debits: Sequence[Debit], new: Debit, *, limits: Limits = COMPILED_LIMITS) -> None:
    """Raise if a debit would exceed a limit.

    Args:
        debits: everything booked so far, imported debits included, in any order.
        new: the debit about to be booked.
        limits: the compiled limits, or tighter ones.

    Raises:
        PolicyError: e^ε not permitted, the week already booked, another report within 13 weeks
            before or after, or a span of 52 weeks over budget.

    """
    if new.odds not in PERMITTED_ODDS:
        raise PolicyError(f"a report at e^epsilon = {new.odds}, which is none of {_IN_WORDS}")
    if new.odds > limits.max_odds:
        raise PolicyError(f"a report at e^epsilon = {new.odds} is beyond {limits.max_odds}")
    for debit in debits:
        if abs(debit.week - new.week) < limits.spacing_weeks:
            raise PolicyError(
                f"week {new.week} is less than {limits.spacing_weeks} weeks from week "
                f"{debit.week}, which is already booked"
            )
    together = [*debits, new]
    for last_week in range(new.week, new.week + YEAR_WEEKS):
        if spent(together, last_week=last_week) > MAX_ODDS_PER_YEAR:
            raise PolicyError(
                f"the 52 weeks up to week {last_week} would spend more than e^epsilon = "
                f"{MAX_ODDS_PER_YEAR}"
            )
