"""The first row of a ledger, which starts its silent period."""

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
    """By the unconfirmed clock at its creation. The effective week comes from
    ``LedgerStore.calendar``."""


def begin_ledger(database: Database, anchor: Anchor, *, now: int, random: RandomSource) -> None:
    """Write the first row of a new ledger and leave its anchor at the open intent.

    The database is not in place yet: an anchor at length 0 is valid both if the database is never
    moved into place and if it is.
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
        LedgerBroken: it is missing.

    """
    rows = database.read("SELECT created_at, phase, first_reportable_week FROM genesis")
    if not rows:
        raise LedgerBroken(
            "the first row of the ledger is missing", hint="restore ledger.db and ledger.anchor"
        )
    created_at, phase, first_week = rows[0]
    return Genesis(created_at=created_at, phase=phase, first_reportable_week=first_week)


def require_no_ledger_before(anchor: Anchor, path: Path) -> None:
    """Raise instead of creating a ledger where there was one before.

    Raises:
        LedgerBroken: an anchor shows that there was one.

    """
    if anchor.exists() and anchor.read().confirmed.length:
        raise LedgerBroken(
            f"{path} is missing, but its anchor shows that it existed",
            hint="restore it; or move ledger.anchor aside: a new ledger asks for consent again "
            "and reports nothing for 13 weeks",
        )
