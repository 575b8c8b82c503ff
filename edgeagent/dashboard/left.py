"""What left the box: every report byte for byte, what it can tell, what it cost, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.clock import WEEK_SECONDS
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.reports import BalanceShape, DisclosureShape, NextReportShape
from edgeagent.messages.answers.status import StatusShape
from edgeagent.privacy.inference import largest_posterior
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.reporting_calendar import SPACING_WEEKS

__all__ = ["ROUTES", "Reading", "Timeline", "draw_timeline", "read_report"]

_YEAR_SECONDS = 52 * WEEK_SECONDS
_AHEAD_SECONDS = (SPACING_WEEKS + 5) * WEEK_SECONDS
"""A reporting week comes every 13, and its report leaves within days of its end."""
_EVEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader of a report can make of it."""

    mechanism: str
    tells_daypart: bool
    """Whether a group is one of segments in a part of the day; else it is a segment."""
    counts: tuple[int, ...]
    ticked: int
    padding_bytes: int
    is_subset: bool
    """Whether every group has one bit; else each has a count with noise added."""
    true_fraction: float
    """How likely the true group is among the ticked ones, under Subset Selection."""
    other_fraction: float
    """How likely any other group is."""
    bet_fraction: float
    """What a bet that stood even before reading can rise to, at most."""


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a report's body, whatever else a task may put there."""

    counts: tuple[int, ...]


def read_report(report: DisclosureShape) -> Reading:
    """Work out what a report tells, from its bytes and its cost."""
    body = report.body
    counts = msgspec.json.decode(body, type=_Counted).counts
    odds, groups, ticked = Fraction(report.odds), len(counts), sum(counts)
    mechanism, _, rest = report.task.partition(".")
    is_subset = mechanism == "subset_selection"
    subset = SubsetSelection(groups, odds, weight=ticked) if is_subset else None
    return Reading(
        mechanism=mechanism,
        tells_daypart=rest.startswith("group_daypart."),
        counts=counts,
        ticked=ticked,
        padding_bytes=len(body) - len(body.rstrip(" ")),
        is_subset=is_subset,
        true_fraction=0.0 if subset is None else float(subset.p),
        other_fraction=0.0 if subset is None else float(subset.q),
        bet_fraction=largest_posterior(_EVEN, odds),
    )


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
    report = await _find(request)
    return await request.page(
        "report",
        back="/left",
        report=report,
        reading=read_report(report),
        budget=await request.ask("budget", BalanceShape),
    )


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
    Route(path="/left/bytes", handler=_bytes),
)
