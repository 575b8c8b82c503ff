"""Entries of the ledger: each week that was drawn or missed, and imported debits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from edgeagent.errors import PolicyError
from edgeagent.privacy.accounting import Debit
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database
from edgeagent.store.standard_errors import sqlite3

__all__ = [
    "CALLED_OFF",
    "Entry",
    "append_entry",
    "append_imported_debit",
    "one_entry_a_week",
    "read_entries",
]

CALLED_OFF = "called off by a deletion or withdrawal"
"""The reason stored for a week whose count was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The ledger's entry for one week."""

    week: int
    entry: Literal["drawn", "missed", "imported"]
    odds: Fraction | None
    """The e^ε that was booked; ``None`` for a missed week."""
    entered_at: int
    reason: str


def append_entry(
    writer: ChainWriter, week: int, *, at: int, odds: Fraction | None, reason: str
) -> None:
    """Close a week: drawn with a debit, or missed without one."""
    writer.append(
        "ledger",
        {
            "week": week,
            "entry": "missed" if odds is None else "drawn",
            "odds_numerator": None if odds is None else odds.numerator,
            "odds_denominator": None if odds is None else odds.denominator,
            "entered_at": at,
            "reason": reason,
        },
    )


def append_imported_debit(writer: ChainWriter, debit: Debit, *, at: int) -> None:
    """Add what another ledger spent on a week."""
    writer.append(
        "imported_debits",
        {
            "week": debit.week,
            "odds_numerator": debit.odds.numerator,
            "odds_denominator": debit.odds.denominator,
            "imported_at": at,
        },
    )


@contextmanager
def one_entry_a_week(week: int) -> Iterator[None]:
    """Translate the database's refusal of a second entry for a week.

    Raises:
        PolicyError: the week is closed already.

    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise PolicyError(
            f"week {week} is closed, or its report id was used before: {error}",
            hint="a week is drawn once; the next reporting week is 13 weeks later",
        ) from error


def read_entries(database: Database) -> tuple[Entry, ...]:
    """Return all entries in the order they were made."""
    rows = database.read(
        "SELECT week, entry, odds_numerator, odds_denominator, entered_at, reason, seq FROM ledger "
        "UNION ALL SELECT week, 'imported', odds_numerator, odds_denominator, imported_at, '', seq "
        "FROM imported_debits ORDER BY seq"
    )
    return tuple(
        Entry(
            week=row[0],
            entry=row[1],
            odds=None if row[2] is None else Fraction(row[2], row[3]),
            entered_at=row[4],
            reason=row[5],
        )
        for row in rows
    )
