"""What is kept: the history by days, searched and paged, and a calendar to jump in it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby, pairwise

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.consent import ConsentShape
from edgeagent.messages.answers.history import (
    Cursor,
    HistoryCountsShape,
    HistoryShape,
    MarkShape,
)

__all__ = ["ROUTES", "ask_marks", "chosen_day"]

_PAGE = 24
_BEFORE_EVERY_TITLE = " "
"""Sorts before the id of every title, so that a page ends where a day begins."""


async def _kept(request: PageRequest) -> Response:
    search, day = request.query.get("search", "")[:200], chosen_day(request, "day")
    before = _cursor(request) if day is None else _end_of(request, day)
    page = await request.ask("history", HistoryShape, search=search, limit=_PAGE, before=before)
    marks = await ask_marks(request)
    days = groupby(page.viewings, key=lambda viewing: request.texts.day(viewing.watched_on))
    return await request.page(
        "kept",
        back="/kept" if before is not None else "/",
        search=search,
        day=day,
        days=[(its_day, list(viewings)) for its_day, viewings in days],
        count=page.count,
        next=page.next,
        marks=marks,
        mark_of={mark.entity_id: mark.mark for mark in marks},
        keeps=await _keeps(request, page.count),
    )


async def _keeps(request: PageRequest, count: int) -> bool:
    """Return whether viewings are kept; asked only where none is there to show it."""
    if count:
        return True
    consent = await request.ask("consent", ConsentShape)
    return any(one.purpose == "history" and one.granted for one in consent.purposes)


def chosen_day(request: PageRequest, field: str) -> date | None:
    """Return the day that a field of the address names, if any."""
    text = request.query.get(field, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise HTTPException(404) from error


def _end_of(request: PageRequest, day: date) -> Cursor:
    end = max(0, request.texts.midnight(day + timedelta(days=1)))
    return Cursor(watched_on=end, entity_id=_BEFORE_EVERY_TITLE)


def _cursor(request: PageRequest) -> Cursor | None:
    watched_on, entity_id = request.query.get("before", ""), request.query.get("after_id", "")
    if not (watched_on.isdecimal() and entity_id):
        return None
    return Cursor(watched_on=int(watched_on), entity_id=entity_id)


async def _calendar(request: PageRequest) -> Response:
    """Show the days of a month, each with how many viewings it has."""
    first = (chosen_day(request, "month") or await _latest_day(request)).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    days = [first + timedelta(days=number) for number in range((after - first).days)]
    edges = [max(0, request.texts.midnight(day)) for day in (*days, after)]
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise HTTPException(404)  # before 1970
    answer = await request.ask("historyCounts", HistoryCountsShape, edges=edges)
    earlier, *counts, later = answer.counts
    return await request.page(
        "calendar",
        back="/kept",
        month=first,
        earlier=first - timedelta(days=1) if earlier else None,
        later=after if later else None,
        days=list(zip(days, counts, strict=True)),
    )


async def _latest_day(request: PageRequest) -> date:
    page = await request.ask("history", HistoryShape, limit=1)
    seconds = [viewing.watched_on for viewing in page.viewings]
    return request.texts.day(seconds[0]) if seconds else request.texts.day(await request.now())


async def ask_marks(request: PageRequest) -> tuple[MarkShape, ...]:
    """Ask for the titles that are hidden or excluded."""
    return await request.ask("marks", tuple[MarkShape, ...])


ROUTES = (
    Route(path="/kept", handler=_kept),
    Route(path="/kept/days", handler=_calendar),
)
