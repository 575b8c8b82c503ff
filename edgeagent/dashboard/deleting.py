"""Delete a part of the history: one viewing, the last hour, the last 24 hours, or a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.clock import DAY_SECONDS
from edgeagent.dashboard.kept import chosen_day
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.dashboard.titles import came_from
from edgeagent.messages.answers.history import Forgotten, HistoryCountsShape

__all__ = ["ROUTES", "HistoryPart"]

_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPart:
    """A span of time that one may delete, seconds UTC."""

    id: str
    name: str
    since: int
    until: int | None
    """``None``: all from ``since`` on, also what the clock has dated ahead."""
    viewings: int = 0


async def _choose(request: PageRequest) -> Response:
    texts, now, day = request.texts, await request.now(), chosen_day(request, "day")
    parts = [
        HistoryPart(id="hour", name=texts("part.hour"), since=now - _HOUR_SECONDS, until=None),
        HistoryPart(id="hours", name=texts("part.hours"), since=now - DAY_SECONDS, until=None),
    ]
    if day is not None:
        since, until = texts.midnight(day), texts.midnight(day + timedelta(days=1))
        parts.insert(0, HistoryPart(id="day", name=texts.day_name(day), since=since, until=until))
    return await request.page(
        "delete_part",
        back="/kept" if day is None else f"/kept?day={day.isoformat()}",
        spans=[(part, await _count(request, part)) for part in parts],
    )


async def _count(request: PageRequest, part: HistoryPart) -> int:
    edges = [max(0, edge) for edge in (part.since, part.until) if edge is not None]
    if len(set(edges)) < len(edges):
        raise HTTPException(404)  # a day before 1970
    answer = await request.ask("historyCounts", HistoryCountsShape, edges=edges)
    return answer.counts[1]


async def _delete(request: PageRequest) -> Response:
    """Ask once more, then delete what was asked about: its bounds come with the question."""
    form, since = request.form, request.number("since")
    until = request.number("until") if form.get("until") else None
    entity_id, came = form.get("id") or None, form.get("from", "")
    if "sure" not in form:
        back = "/kept/delete"
        if entity_id is not None:
            back = f"/title?{urlencode({'id': entity_id, 'at': since, 'from': came})}"
        fields = {key: form.get(key, "") for key in ("since", "until", "id", "from", "name")}
        return await request.confirm("part", fields, back=back, part=fields["name"])
    gone = await request.ask("forgetSpan", Forgotten, since=since, until=until, entityId=entity_id)
    if not gone.deleted:  # it may have got another date since: nobody is told that it is gone
        return request.go(came_from(came), done="nothing_deleted")
    return request.go(came_from(came), done="deleted")


ROUTES = (
    Route(path="/kept/delete", handler=_choose),
    Route(path="/kept/delete", handler=_delete, method="POST"),
)
