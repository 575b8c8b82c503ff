"""The reports that were drawn, byte for byte, and the outcome of each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import get_args

from edgeagent.errors import InputError, PolicyError
from edgeagent.messages.fields import Outcome
from edgeagent.messages.report import REPORT_BYTES
from edgeagent.store.chain import ChainWriter
from edgeagent.store.database import Database

__all__ = [
    "OUTCOMES",
    "Disclosure",
    "append_delivery",
    "append_disclosure",
    "read_disclosures",
]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_OTHER_SERVER = "another server: "
"""Prefix of the detail of an ``other_server`` row. The schema, which earlier releases read too, has
no such outcome, so the row is stored as withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One report as it was or will be sent."""

    report_id: str
    week: int
    task: str
    body: bytes
    """[512] bytes, exactly as sent at every attempt."""
    odds: Fraction
    """The e^ε booked for it."""
    drawn_at: int
    due_at: int
    recipient: str
    meaning: str
    """What a reader could conclude from it, in words."""
    settled_at: int | None
    outcome: Outcome | None
    """``None`` while it waits in the outbox."""
    detail: str | None


def append_disclosure(writer: ChainWriter, disclosure: Disclosure) -> None:
    """Append a report that has just been drawn.

    Raises:
        PolicyError: its body does not have the fixed length of reports.

    """
    if len(disclosure.body) != REPORT_BYTES:
        raise PolicyError(
            f"a report of {len(disclosure.body)} bytes; every report has {REPORT_BYTES}",
            hint="pad it with encode_report",
        )
    writer.append(
        "disclosures",
        {
            "report_id": disclosure.report_id,
            "week": disclosure.week,
            "task": disclosure.task,
            "body": disclosure.body,
            "drawn_at": disclosure.drawn_at,
            "due_at": disclosure.due_at,
            "recipient": disclosure.recipient,
            "meaning": disclosure.meaning,
        },
    )


def append_delivery(
    writer: ChainWriter, report_id: str, *, at: int, outcome: Outcome, detail: str
) -> None:
    """Append the outcome of a waiting report and remove it from the outbox.

    Raises:
        InputError: it does not wait, or the outcome is unknown.

    """
    if outcome not in OUTCOMES:
        raise InputError(f"no outcome {outcome!r}", hint=f"one of {', '.join(OUTCOMES)}")
    removed = writer.connection.execute("DELETE FROM outbox WHERE report_id = ?", (report_id,))
    if removed.rowcount != 1:
        raise InputError(
            f"report {report_id!r} does not wait in the outbox",
            hint="edgeagent disclosures list shows its outcome",
        )
    stored: tuple[Outcome, str] = (outcome, detail)
    if outcome == "other_server":
        stored = ("withdrawn", _OTHER_SERVER + detail)
    writer.append(
        "deliveries",
        {"report_id": report_id, "settled_at": at, "outcome": stored[0], "detail": stored[1]},
    )


def read_disclosures(database: Database) -> tuple[Disclosure, ...]:
    """Return all reports, oldest first."""
    rows = database.read(
        """
        SELECT d.report_id, d.week, d.task, d.body, l.odds_numerator, l.odds_denominator,
               d.drawn_at, d.due_at, d.recipient, d.meaning, v.settled_at, v.outcome, v.detail
        FROM disclosures AS d
        JOIN ledger AS l ON l.week = d.week
        LEFT JOIN deliveries AS v ON v.report_id = d.report_id
        ORDER BY d.seq
        """
    )
    return tuple(
        Disclosure(
            report_id=row[0],
            week=row[1],
            task=row[2],
            body=row[3],
            odds=Fraction(row[4], row[5]),
            drawn_at=row[6],
            due_at=row[7],
            recipient=row[8],
            meaning=row[9],
            settled_at=row[10],
            outcome=_outcome(row[11], row[12]),
            detail=row[12],
        )
        for row in rows
    )


def _outcome(stored: Outcome | None, detail: str | None) -> Outcome | None:
    if stored == "withdrawn" and (detail or "").startswith(_OTHER_SERVER):
        return "other_server"
    return stored
