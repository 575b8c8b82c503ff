"""Verify the disclosure log, and export it so that others can verify it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeagent.clock import iso_utc
from edgeagent.errors import LedgerBroken, MalformedMessage, PolicyError
from edgeagent.messages import decode_report
from edgeagent.messages.task_name import read_task_name
from edgeagent.privacy.accounting import Debit, check_debit, epsilon
from edgeagent.privacy.declaration import Declaration, load_declaration
from edgeagent.store import Disclosure, Entry, LedgerStore

__all__ = ["DisclosedReport", "DisclosureExport", "Verification", "disclosed", "export", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of verifying ledger and disclosures."""

    ok: bool
    reports: int
    chain_rows: int
    chain_head: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedReport:
    """One report: what was drawn, when it was sent, to which server, its cost and its meaning."""

    report_id: str
    week: int
    task: str
    recipient: str
    drawn_at: str
    due_at: str
    settled_at: str | None
    outcome: str | None
    """``None`` while it waits to be sent."""
    detail: str | None
    odds: str
    """e^ε as an exact fraction."""
    epsilon: float
    meaning: str
    body: str
    """The exact bytes that were or will be sent; ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureExport:
    """The whole log, with the declaration of every field that can leave the box."""

    exported_at: str
    chain_rows: int
    chain_head: str
    """SHA-256 over every decision, debit, report and delivery of the ledger, in order."""
    declaration: Declaration
    disclosures: tuple[DisclosedReport, ...]


def disclosed(item: Disclosure) -> DisclosedReport:
    """Return a disclosure with its decoded values and its meaning."""
    return DisclosedReport(
        report_id=item.report_id,
        week=item.week,
        task=item.task,
        recipient=item.recipient,
        drawn_at=iso_utc(item.drawn_at),
        due_at=iso_utc(item.due_at),
        settled_at=None if item.settled_at is None else iso_utc(item.settled_at),
        outcome=item.outcome,
        detail=item.detail,
        odds=str(item.odds),
        epsilon=epsilon(item.odds),
        meaning=item.meaning,
        body=item.body.decode("ascii"),
    )


def export(ledger: LedgerStore, *, now: int) -> DisclosureExport:
    """Return the log.

    Raises:
        LedgerBroken: it cannot be trusted.

    """
    rows, head = ledger.tip()
    return DisclosureExport(
        exported_at=iso_utc(now),
        chain_rows=rows,
        chain_head=head,
        declaration=load_declaration(),
        disclosures=tuple(disclosed(item) for item in ledger.disclosures()),
    )


def verify(ledger: LedgerStore) -> Verification:
    """Verify the chain and its anchor, and compare every report with its booking."""
    try:
        rows, head = ledger.tip()
        items = ledger.disclosures()
        problems = (*_wrong_bodies(items), *_wrong_budget(ledger.entries()))
    except LedgerBroken as error:
        return Verification(
            ok=False, reports=0, chain_rows=0, chain_head="", problems=(str(error),)
        )
    return Verification(
        ok=not problems,
        reports=len(items),
        chain_rows=rows,
        chain_head=head,
        problems=problems,
    )


def _wrong_bodies(items: tuple[Disclosure, ...]) -> Iterator[str]:
    for item in items:
        try:
            report = decode_report(item.body)
        except MalformedMessage as error:
            yield f"report {item.report_id}: {error}"
            continue
        if (report.report_id, report.week, report.task) != (item.report_id, item.week, item.task):
            yield f"report {item.report_id}: its body names another report, week or task"
        if read_task_name(report.task).odds != item.odds:
            yield f"report {item.report_id}: costs {report.task}, booked was {item.odds}"


def _wrong_budget(entries: tuple[Entry, ...]) -> Iterator[str]:
    """Check each draw against earlier bookings; imported debits follow rules of their own."""
    before: list[Debit] = []
    for entry in entries:
        if entry.odds is None:
            continue
        debit = Debit(week=entry.week, odds=entry.odds)
        if entry.entry == "drawn":
            try:
                check_debit(before, debit)
            except PolicyError as error:
                yield f"budget: {error}"
        before.append(debit)
