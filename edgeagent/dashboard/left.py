"""What left the box: every report byte for byte, what it can tell, what it cost, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.clock import WEEK_SECONDS
from edgeagent.dashboard.category_names import CategoryName, category_names
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.reports import (
    BalanceShape,
    DisclosureShape,
    NamedTaskShape,
    NextReportShape,
)
from edgeagent.messages.answers.status import StatusShape
from edgeagent.privacy.reading import Reading, of_empty_week, read_counts
from edgeagent.reporting_calendar import SPACING_WEEKS

__all__ = ["ROUTES", "Timeline", "ask_names", "draw_timeline", "read_report"]

_YEAR_SECONDS = 52 * WEEK_SECONDS
_AHEAD_SECONDS = (SPACING_WEEKS + 5) * WEEK_SECONDS
"""A reporting week comes every 13, and its report leaves within days of its end."""


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a report's body, whatever else a task may put there."""

    counts: tuple[int, ...]


def read_report(report: DisclosureShape) -> Reading:
    """Return what a report shows, from its bytes."""
    return read_counts(report.task, msgspec.json.decode(report.body, type=_Counted).counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Where reports stand between a year ago and the farthest next one, each from 0 to 1."""

    past: tuple[float, ...]
    today: float
    next: float


def draw_timeline(drawn_at: Sequence[int], *, now: int, next_at: int) -> Timeline:
    """Place moments, seconds UTC, on a line; what is older than a year is left out."""
    start, end = now - _YEAR_SECONDS, now + _AHEAD_SECONDS

    def place(moment: int) -> float:
        return min(1.0, (moment - start) / (end - start))

    return Timeline(
        past=tuple(place(moment) for moment in drawn_at if moment >= start),
        today=place(now),
        next=place(next_at),
    )


async def _left(request: PageRequest) -> Response:
    reports = await _ask_reports(request)
    preview = await request.ask("nextReport", NextReportShape)
    status = await request.ask("status", StatusShape)
    return await request.page(
        "left",
        reports=[(report, read_report(report)) for report in reversed(reports)],
        budget=await request.ask("budget", BalanceShape),
        preview=preview,
        obstacle=preview.obstacle,
        timeline=draw_timeline(
            [report.drawn_at for report in reports],
            now=status.now,
            next_at=preview.sent_between[0],
        ),
    )


async def _report(request: PageRequest) -> Response:
    """Show which groups a report names, beside what the same reader sees of an empty week."""
    report = await _find(request)
    return await request.page(
        "report",
        back="/left",
        report=report,
        reading=read_report(report),
        example=of_empty_week(report.task, request.random),
        names=await ask_names(request, report.task),
    )


async def _details(request: PageRequest) -> Response:
    report = await _find(request)
    return await request.page(
        "report_details",
        back=f"/left/report?id={report.report_id}",
        report=report,
        reading=read_report(report),
        padding_bytes=len(report.body) - len(report.body.rstrip(" ")),
        names=await ask_names(request, report.task),
        budget=await request.ask("budget", BalanceShape),
    )


async def _example(request: PageRequest) -> Response:
    """Show a report of a week in which nothing was watched; it is made here and goes nowhere."""
    asked = await request.box.ask_if_any("reportTask", NamedTaskShape)
    return await request.page(
        "report_example",
        back="/switches" if request.query.get("from") == "switches" else "/left",
        example=None if asked is None else of_empty_week(asked.task, request.random),
        names=() if asked is None else category_names(asked, request.texts),
        origin=request.query.get("from", ""),
    )


async def ask_names(request: PageRequest, task: str) -> tuple[CategoryName, ...]:
    """Return the names of a task's categories; none where the box does not know them any more."""
    asked = await request.box.ask_if_any("reportTask", NamedTaskShape, task=task)
    return () if asked is None else category_names(asked, request.texts)


async def _bytes(request: PageRequest) -> Response:
    report = await _find(request)
    name = f"report-{report.week}.json"
    return Response(
        report.body.encode(),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _find(request: PageRequest) -> DisclosureShape:
    report_id = request.query.get("id", "")
    for report in await _ask_reports(request):
        if report.report_id == report_id:
            return report
    raise HTTPException(404)


async def _ask_reports(request: PageRequest) -> tuple[DisclosureShape, ...]:
    return await request.ask("disclosures", tuple[DisclosureShape, ...])


ROUTES = (
    Route(path="/left", handler=_left),
    Route(path="/left/report", handler=_report),
    Route(path="/left/example", handler=_example),
    Route(path="/left/details", handler=_details),
    Route(path="/left/bytes", handler=_bytes),
)
