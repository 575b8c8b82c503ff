"""Reports that wait to be sent.

A row holds the time of the next attempt and the number of attempts. The bytes come from the
disclosure, which the chain protects, so that exactly what the log shows is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.errors import InputError
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database

__all__ = ["OutboxEntry", "arrival", "enqueue", "postpone", "read_outbox", "record_attempt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One waiting report."""

    report_id: str
    week: int
    body: bytes
    """[512] bytes, the same at every attempt."""
    recipient: str
    seq: int
    """Its sequence number in the chain, which orders it independently of the clock."""
    due_at: int
    attempts: int
    """How often it was attempted."""
    next_attempt_at: int
    """Not to be sent before this moment, seconds UTC; ``due_at`` until the first attempt."""


def arrival(attempts: int) -> str:
    """Return what is known about a report that was cancelled after so many attempts."""
    if not attempts:
        return "never sent"
    return f"tried {'once' if attempts == 1 else f'{attempts} times'}: it may have arrived"


def enqueue(connection: KeyedConnection, report_id: str, *, due_at: int) -> None:
    """Queue a disclosed report for its first attempt at ``due_at``."""
    connection.execute(
        "INSERT INTO outbox (report_id, attempts, next_attempt_at) VALUES (?, 0, ?)",
        (report_id, due_at),
    )


def read_outbox(database: Database) -> tuple[OutboxEntry, ...]:
    """Return all waiting reports, oldest first; settled reports never return."""
    rows = database.read(
        """
        SELECT o.report_id, d.week, d.body, d.recipient, d.seq, d.due_at, o.attempts,
               o.next_attempt_at
        FROM outbox AS o JOIN disclosures AS d ON d.report_id = o.report_id
        WHERE NOT EXISTS (SELECT 1 FROM deliveries AS v WHERE v.report_id = o.report_id)
        ORDER BY d.seq
        """
    )
    names = (
        *("report_id", "week", "body", "recipient", "seq", "due_at"),
        *("attempts", "next_attempt_at"),
    )
    return tuple(OutboxEntry(**dict(zip(names, row, strict=True))) for row in rows)


def record_attempt(database: Database, report_id: str, *, at: int, next_attempt_at: int) -> None:
    """Count one attempt, durably, before its first byte is sent.

    Raises:
        InputError: it does not wait, or the next attempt would not be later than this one.

    """
    if next_attempt_at <= at:
        raise InputError(
            "the next attempt must be later than this one", hint="add a delay to its time"
        )
    with database.transaction() as connection:
        changed = connection.execute(
            "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ? WHERE report_id = ?",
            (next_attempt_at, report_id),
        )
        if changed.rowcount != 1:
            raise InputError(
                f"report {report_id!r} does not wait in the outbox",
                hint="edgeagent disclosures list shows its outcome",
            )


def postpone(database: Database, report_id: str, *, until: int) -> None:
    """Postpone the next attempt, never bring it forward; does nothing for a settled report."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE outbox SET next_attempt_at = max(next_attempt_at, ?) WHERE report_id = ?",
            (until, report_id),
        )
