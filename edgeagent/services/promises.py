"""What is promised of every box, and whether it holds of this one, worked out from its records."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.privacy.accounting import MAX_ODDS_PER_REPORT, MAX_ODDS_PER_YEAR, most_spent
from edgeagent.services.retention import Kept
from edgeagent.store import LedgerStore

__all__ = ["Promise", "promises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One thing that can be said of this box's privacy, and whether it holds now."""

    topic: str
    text: str
    holds: bool


def promises(ledger: LedgerStore, *, kept: Kept) -> tuple[Promise, ...]:
    """Return every promise."""
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
            text=f"Viewings are deleted after {kept.days} days.",
            holds=not kept.lengthened,
        ),
        Promise(
            topic="ledger",
            text="The record of decisions and reports is whole.",
            holds=not ledger.integrity_errors(),
        ),
    )
