"""At the end: the export, the disclosure log, the server's counts and the model say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

from edgeagent.agent import Agent
from edgeagent.messages import ReportTask, decode_report
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from tests.security.plain_box import held_by
from tests.soak.bounds import over_budget
from tests.soak.model import Expected

__all__ = ["differences", "export_differences"]


def differences(
    agent: Agent,
    export: Mapping[str, Any],
    expected: Expected,
    *,
    store: Path,
    tasks: Mapping[str, ReportTask],
) -> Iterator[str]:
    """Yield whatever two of the four tell differently."""
    now = agent.clock.now()
    if held_by(agent) != expected.plain.shown(now):
        yield "the box holds other viewings or decisions than it should"
    yield from export_differences(export, expected, now=now)
    yield from _log_differences(agent, export, expected)
    yield from _server_differences(agent, store, tasks)


def export_differences(export: Mapping[str, Any], expected: Expected, *, now: int) -> Iterator[str]:
    """Yield where an export differs from what should have happened."""
    shown = expected.plain.shown(now)
    viewings = {
        (profile["name"], one["watched_on"], one["entity_id"])
        for profile in export["profiles"]
        for one in profile["viewings"]
    }
    if viewings != shown.watched:
        lost, extra = len(shown.watched - viewings), len(viewings - shown.watched)
        yield f"export: {lost} viewings are missing, {extra} should not be there"
    decisions = sorted(
        (one["profile"], one["purpose"], one["event"], one["at"]) for one in export["consents"]
    )
    if decisions != sorted(shown.decisions):
        yield "export: other decisions than were made"
    if sorted(profile["name"] for profile in export["profiles"]) != sorted(expected.names):
        yield "export: other profiles than there should be"


def _log_differences(agent: Agent, export: Mapping[str, Any], expected: Expected) -> Iterator[str]:
    ledger, now = agent._home.ledger, agent.clock.now()
    disclosures = ledger.disclosures()
    weeks = [one.week for one in disclosures]
    if not agent.reports.verify_disclosures().ok:
        yield "the disclosure log does not verify"
    if sorted(debit.week for debit in ledger.debits()) != sorted(weeks):
        yield "the ledger has booked other weeks than were drawn"
    if [one["week"] for one in export["ledger"] if one["entry"] == "drawn"] != weeks:
        yield "export: its ledger has other weeks than were drawn"
    if [one["body"] for one in export["reports"]] != [one.body.decode() for one in disclosures]:
        yield "export: other reports than in the disclosure log"
    yield from over_budget(disclosures)
    calendar = ledger.calendar(now=now)
    week = calendar.next(calendar.first_week)
    while week < calendar.latest_ended(now) + 1:
        verdict = expected.week(week, now=now)
        if verdict != "either" and (verdict == "drawn") != (week in weeks):
            yield f"week {week} should be {verdict}"
        week = calendar.next(week + 1)


def _server_differences(
    agent: Agent, store: Path, tasks: Mapping[str, ReportTask]
) -> Iterator[str]:
    disclosures = agent._home.ledger.disclosures()
    drawn = {one.report_id: decode_report(one.body) for one in disclosures}
    with closing(connect(store)) as connection:
        rows = connection.execute("SELECT lower(hex(report_id)), task, week FROM report").fetchall()
    arrived = {report_id for report_id, _task, _week in rows}
    accepted = {one.report_id for one in disclosures if one.outcome == "accepted"}
    if accepted != arrived:
        yield f"the server has {len(arrived)} reports, {len(accepted)} were accepted"
    for report_id, task, week in rows:
        report = drawn.get(report_id)
        if report is None or (report.task, report.week) != (task, week):
            yield f"the server has a report on week {week} that was not drawn like that"
    for name, task in tasks.items():
        counts = [drawn[one].counts for one in sorted(accepted) if drawn[one].task == name]
        sums = tuple(map(sum, zip(*counts, strict=True))) or (0,) * task.categories
        if tuple(SqliteAggregator(store).totals(task).counts) != sums:
            yield f"the server's sums of {name} differ from those of the disclosure log"
