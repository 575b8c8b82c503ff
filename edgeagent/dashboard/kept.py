"""What is kept: the history, searched and paged, and what can be said of each title."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box_client import NOT_GRANTED, Refused
from edgeagent.dashboard.page_request import PageRequest, Route

__all__ = ["ROUTES"]

_PAGE = 12
_MOST_VIEWINGS = 500
_DEEDS = {
    "hide": "hidden",
    "unhide": "shown",
    "exclude": "excluded",
    "include": "included",
    "forget": "forgotten",
}


async def _kept(request: PageRequest) -> Response:
    search = request.query.get("search", "")[:200]
    page = await request.ask("history", search=search, limit=_PAGE, before=_cursor(request))
    marks = await request.ask("marks")
    return await request.page(
        "kept",
        back="/kept" if "before" in request.query else "/",
        search=search,
        viewings=page["viewings"],
        count=page["count"],
        next=page["next"],
        marks=marks,
        mark_of={mark["entityId"]: mark["mark"] for mark in marks},
    )


def _cursor(request: PageRequest) -> dict[str, object] | None:
    watched_on, entity_id = request.query.get("before", ""), request.query.get("after_id", "")
    if not (watched_on.isdecimal() and entity_id):
        return None
    return {"watchedOn": int(watched_on), "entityId": entity_id}


async def _marks(request: PageRequest) -> Response:
    return await request.page("marks", back="/kept", marks=await request.ask("marks"))


async def _title(request: PageRequest) -> Response:
    entity_id = request.query.get("id", "")
    if not entity_id:
        raise HTTPException(404)
    history = await request.ask("history", entityId=entity_id, limit=_MOST_VIEWINGS)
    viewings = history["viewings"]
    marks = [item for item in await request.ask("marks") if item["entityId"] == entity_id]
    picks = [item for item in await _last_picks(request) if item["entityId"] == entity_id]
    known = [*viewings, *marks, *picks]
    return await request.page(
        "title",
        back=_from(request.query.get("from", "")),
        came_from=request.query.get("from", ""),
        entity_id=entity_id,
        title=known[0]["title"] if known else entity_id,
        viewings=viewings,
        marks={item["mark"] for item in marks},
        reasons=picks[0]["reasons"] if picks else [],
    )


async def _last_picks(request: PageRequest) -> list[dict[str, Any]]:
    """Return what was picked last; nothing while picking is not granted."""
    try:
        ranking = await request.ask("lastPicks") or {"picks": []}
    except Refused as refused:
        if refused.code != NOT_GRANTED:
            raise
        return []
    picks: list[dict[str, Any]] = ranking["picks"]
    return picks


async def _do(request: PageRequest) -> Response:
    deed = request.path.removeprefix("/title/")
    entity_id, came_from = request.form.get("id", ""), request.form.get("from", "")
    title = request.form.get("title", entity_id)
    if deed == "forget" and "sure" not in request.form:
        back = f"/title?{_query(entity_id, came_from)}"
        fields = {"id": entity_id, "from": came_from, "title": title}
        return await request.confirm("forget", fields, back=back, title=title)
    await request.ask(deed, entityId=entity_id)
    if deed == "forget":
        return request.go(_from(came_from), done=_DEEDS[deed])
    return request.go("/title", done=_DEEDS[deed], id=entity_id, **{"from": came_from})


def _from(name: str) -> str:
    return {"thinks": "/thinks", "marks": "/marks"}.get(name, "/kept")


def _query(entity_id: str, came_from: str) -> str:
    return urlencode({"id": entity_id, "from": came_from})


ROUTES = (
    Route(path="/kept", handler=_kept),
    Route(path="/marks", handler=_marks),
    Route(path="/title", handler=_title),
    *(Route(path=f"/title/{deed}", handler=_do, method="POST") for deed in _DEEDS),
)
