"""What is promised of every box, and whether it holds of this one, worked out from its records."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS
from edgeagent.privacy.accounting import MAX_ODDS_PER_REPORT, MAX_ODDS_PER_YEAR, most_spent
from edgeagent.services.household.retention import RetentionPeriod
from edgeagent.store import LedgerStore

__all__ = ["Promise", "promises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One thing that can be said of this box's privacy, and whether it holds now."""

    topic: str
    text: str
    holds: bool


_PRUNED_WITHIN_SECONDS = DAY_SECONDS + HOUR_SECONDS
"""Housekeeping comes once a day, and may wait for its turn."""
_AHEAD_SECONDS = HOUR_SECONDS
"""A clock that is put right by less keeps nothing for longer than housekeeping may wait."""


def promises(
    ledger: LedgerStore, *, kept: RetentionPeriod, dates: tuple[int, int] | None, now: int
) -> tuple[Promise, ...]:
    """Return every promise.

    Args:
        ledger: what was decided and sent.
        kept: how long viewings are kept.
        dates: of the oldest and the newest viewing that lie in the history, seconds UTC; ``None``
            where none has a date. What lies in the future would be kept for longer than promised.
        now: seconds UTC.

    """
    deleted_from = now - kept.days * DAY_SECONDS - _PRUNED_WITHIN_SECONDS
    return (
        Promise(
            topic="report",
            text=f"No report is more than {MAX_ODDS_PER_REPORT} times as likely as after any other "
            "week, an empty one included.",
            holds=all(item.odds <= MAX_ODDS_PER_REPORT for item in ledger.disclosures()),
        ),
        Promise(
            topic="budget",
            text=f"All reports of any 52 weeks together multiply to at most {MAX_ODDS_PER_YEAR}.",
            holds=most_spent(ledger.debits()) <= MAX_ODDS_PER_YEAR,
        ),
        Promise(
            topic="retention",
            text=f"Viewings are deleted after {kept.days} days, or on the day after.",
            holds=not kept.lengthened
            and (dates is None or (dates[0] >= deleted_from and dates[1] <= now + _AHEAD_SECONDS)),
        ),
        Promise(
            topic="ledger",
            text="The record of decisions and reports is whole.",
            holds=not ledger.integrity_errors(),
        ),
    )
