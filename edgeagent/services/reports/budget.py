"""What reports have cost so far, and until when a new ledger must not report."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import Clock, week_of, week_start
from edgeagent.privacy.accounting import MAX_ODDS_PER_YEAR, epsilon, spent
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.store import LedgerStore

__all__ = ["Balance", "balance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The privacy budget spent on reports in the 52 weeks up to now."""

    reports: int
    """All reports ever drawn, and the debits of an imported ledger."""
    epsilon_spent: float
    epsilon_limit: float
    odds_spent: str
    """e^ε, an exact fraction."""
    odds_limit: str
    first_reportable_week: int
    silent_until: int
    """A new ledger reports nothing before this moment, seconds UTC."""
    silence_has_begun: bool
    """False while the ledger does not know the time: until then ``silent_until`` keeps moving."""
    spacing_weeks: int


def balance(ledger: LedgerStore, *, clock: Clock) -> Balance:
    """Return what was spent.

    Raises:
        LedgerBroken: the ledger cannot be trusted.

    """
    ledger.check()
    now, debits = clock.now(), ledger.debits()
    year = spent(debits, last_week=week_of(now))
    first = ledger.calendar(now=now).first_week
    return Balance(
        reports=len(debits),
        epsilon_spent=epsilon(year),
        epsilon_limit=epsilon(MAX_ODDS_PER_YEAR),
        odds_spent=str(year),
        odds_limit=str(MAX_ODDS_PER_YEAR),
        first_reportable_week=first,
        silent_until=week_start(first),
        silence_has_begun=ledger.has_known_time(),
        spacing_weeks=SPACING_WEEKS,
    )
