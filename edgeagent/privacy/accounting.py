"""The budget: what a box has spent on reports, in exact fractions of e^ε.

Pure ε-differential privacy composes by adding ε (Dwork and Roth 2014, Theorem 3.16), so the factors
e^ε multiply. They are rationals, and so is every sum here: no logarithm, no rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log, prod

from edgeagent.errors import PolicyError

__all__ = [
    "MAX_ODDS_PER_REPORT",
    "MAX_ODDS_PER_YEAR",
    "SPACING_WEEKS",
    "YEAR_WEEKS",
    "Debit",
    "check_debit",
    "epsilon",
    "spent",
]

MAX_ODDS_PER_REPORT = Fraction(3)
SPACING_WEEKS = 13
YEAR_WEEKS = 52
MAX_ODDS_PER_YEAR = Fraction(81)
"""Over any 52 consecutive weeks: ε ≤ 4.40."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """What the report on one week cost."""

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


def check_debit(debits: Sequence[Debit], new: Debit) -> None:
    """Refuse a debit that would pass a compiled limit.

    Args:
        debits: everything booked so far, imported debits included, in any order.
        new: the debit about to be booked.

    Raises:
        PolicyError: e^ε out of range, the week already booked, another report within 13 weeks
            before or after, or a span of 52 weeks over budget.

    """
    if not 1 < new.odds <= MAX_ODDS_PER_REPORT:
        raise PolicyError(f"a report at e^epsilon = {new.odds} is outside (1, 3]")
    for debit in debits:
        if abs(debit.week - new.week) < SPACING_WEEKS:
            raise PolicyError(
                f"week {new.week} is less than {SPACING_WEEKS} weeks from week {debit.week}, "
                "which is already booked"
            )
    together = [*debits, new]
    for last_week in range(new.week, new.week + YEAR_WEEKS):
        if spent(together, last_week=last_week) > MAX_ODDS_PER_YEAR:
            raise PolicyError(
                f"the 52 weeks up to week {last_week} would spend more than e^epsilon = "
                f"{MAX_ODDS_PER_YEAR}"
            )
