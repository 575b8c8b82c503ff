"""The promises made for every box, and whether this box's records show that they hold."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS
from edgeagent.privacy.accounting import MAX_ODDS_PER_REPORT, MAX_ODDS_PER_YEAR, most_spent
from edgeagent.services.household.retention import RetentionPeriod
from edgeagent.store import LedgerStore

__all__ = ["Promise", "promises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One statement about this box's privacy, and whether it holds now."""

    topic: str
    text: str
    holds: bool


_PRUNED_WITHIN_SECONDS = DAY_SECONDS + HOUR_SECONDS
"""Housekeeping runs once a day, and may be an hour late."""
_AHEAD_SECONDS = HOUR_SECONDS
"""Dates that far ahead are tolerated: they prolong storage by no more than housekeeping may be
late."""


def promises(
    ledger: LedgerStore, *, kept: RetentionPeriod, dates: tuple[int, int] | None, now: int
) -> tuple[Promise, ...]:
    """Return every promise.

    Args:
        ledger: decisions and reports.
        kept: how long viewings are kept.
        dates: the oldest and the newest viewing in the history, seconds UTC; ``None`` if none has a
            date. A date in the future would be kept for longer than promised.
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
            text=f"Viewings are deleted after {_days(kept.asked_days)}, or on the day after.",
            holds=not kept.lengthened
            and (dates is None or (dates[0] >= deleted_from and dates[1] <= now + _AHEAD_SECONDS)),
        ),
        Promise(
            topic="ledger",
            text="The record of decisions and reports is whole.",
            holds=not ledger.integrity_errors(),
        ),
    )


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"
