"""The first row of a ledger, and the silence that follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeagent.errors import LedgerBroken
from edgeagent.randomness import RandomSource
from edgeagent.reporting_calendar import SPACING_WEEKS, first_week_after_silence
from edgeagent.store.anchor import START, Anchor
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = ["Genesis", "begin_ledger", "read_genesis", "require_no_ledger_before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis:
    """The first row of a ledger."""

    created_at: int
    phase: int
    """See :class:`edgeagent.reporting_calendar.ReportingCalendar`."""
    first_reportable_week: int
    """By the clock it was made under, which nobody had vouched for yet. What counts is
    ``LedgerStore.calendar``."""


def begin_ledger(database: Database, anchor: Anchor, *, now: int, random: RandomSource) -> None:
    """Write the first row of a new ledger and leave its anchor at the open intent.

    The database is not in place yet: an anchor at length 0 admits both that it never gets there
    and that it does.
    """
    with database.transaction() as connection:
        writer = ChainWriter(connection, START)
        writer.append(
            "genesis",
            {
                "created_at": now,
                "phase": random.below(SPACING_WEEKS),
                "first_reportable_week": first_week_after_silence(now),
            },
        )
    anchor.intend(START, writer.tip)


def read_genesis(database: Database) -> Genesis:
    """Return the first row.

    Raises:
        LedgerBroken: it is gone.

    """
    rows = database.read("SELECT created_at, phase, first_reportable_week FROM genesis")
    if not rows:
        raise LedgerBroken(
            "the first row of the ledger is gone", hint="restore ledger.db and ledger.anchor"
        )
    created_at, phase, first_week = rows[0]
    return Genesis(created_at=created_at, phase=phase, first_reportable_week=first_week)


def require_no_ledger_before(anchor: Anchor, path: Path) -> None:
    """Refuse to begin a ledger where there was one.

    Raises:
        LedgerBroken: its anchor says so.

    """
    if anchor.exists() and anchor.read().confirmed.length:
        raise LedgerBroken(
            f"{path} is gone, though its anchor says that it was there",
            hint="restore it; or move ledger.anchor aside: a new ledger asks for consent again "
            "and is silent for 13 weeks",
        )
