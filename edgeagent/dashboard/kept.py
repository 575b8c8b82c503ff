"""What is kept: the history, searched and paged, and what can be said of each title."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box import NOT_GRANTED, Refused
from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]

_PAGE = 12
_MOST_VIEWINGS = 500
_DEEDS = {
    "hide": "hidden",
    "unhide": "shown",
    "exclude": "excluded",
    "include": "included",
    "forget": "forgotten",
}


async def _kept(viewer: Viewer) -> Response:
    search = viewer.query.get("search", "")[:200]
    page = await viewer.ask("history", search=search, limit=_PAGE, before=_cursor(viewer))
    marks = await viewer.ask("marks")
    return await viewer.page(
        "kept",
        back="/kept" if "before" in viewer.query else "/",
        search=search,
        viewings=page["viewings"],
        count=page["count"],
        next=page["next"],
        marks=marks,
        mark_of={mark["entityId"]: mark["mark"] for mark in marks},
    )


def _cursor(viewer: Viewer) -> dict[str, object] | None:
    watched_on, entity_id = viewer.query.get("before", ""), viewer.query.get("after_id", "")
    if not (watched_on.isdecimal() and entity_id):
        return None
    return {"watchedOn": int(watched_on), "entityId": entity_id}


async def _marks(viewer: Viewer) -> Response:
    return await viewer.page("marks", back="/kept", marks=await viewer.ask("marks"))


async def _title(viewer: Viewer) -> Response:
    entity_id = viewer.query.get("id", "")
    if not entity_id:
        raise HTTPException(404)
    history = await viewer.ask("history", entityId=entity_id, limit=_MOST_VIEWINGS)
    viewings = history["viewings"]
    marks = [item for item in await viewer.ask("marks") if item["entityId"] == entity_id]
    picks = [item for item in await _last_picks(viewer) if item["entityId"] == entity_id]
    known = [*viewings, *marks, *picks]
    return await viewer.page(
        "title",
        back=_from(viewer.query.get("from", "")),
        came_from=viewer.query.get("from", ""),
        entity_id=entity_id,
        title=known[0]["title"] if known else entity_id,
        viewings=viewings,
        marks={item["mark"] for item in marks},
        reasons=picks[0]["reasons"] if picks else [],
    )


async def _last_picks(viewer: Viewer) -> list[dict[str, Any]]:
    """Return what was picked last; nothing while picking is not granted."""
    try:
        ranking = await viewer.ask("lastPicks") or {"picks": []}
    except Refused as refused:
        if refused.code != NOT_GRANTED:
            raise
        return []
    picks: list[dict[str, Any]] = ranking["picks"]
    return picks


async def _do(viewer: Viewer) -> Response:
    deed = viewer.path.removeprefix("/title/")
    entity_id, came_from = viewer.form.get("id", ""), viewer.form.get("from", "")
    title = viewer.form.get("title", entity_id)
    if deed == "forget" and "sure" not in viewer.form:
        back = f"/title?{_query(entity_id, came_from)}"
        fields = {"id": entity_id, "from": came_from, "title": title}
        return await viewer.confirm("forget", fields, back=back, title=title)
    await viewer.ask(deed, entityId=entity_id)
    if deed == "forget":
        return viewer.go(_from(came_from), done=_DEEDS[deed])
    return viewer.go("/title", done=_DEEDS[deed], id=entity_id, **{"from": came_from})


def _from(name: str) -> str:
    return {"thinks": "/thinks", "marks": "/marks"}.get(name, "/kept")


def _query(entity_id: str, came_from: str) -> str:
    return urlencode({"id": entity_id, "from": came_from})


WAYS = (
    Way(path="/kept", handler=_kept),
    Way(path="/marks", handler=_marks),
    Way(path="/title", handler=_title),
    *(Way(path=f"/title/{deed}", handler=_do, method="POST") for deed in _DEEDS),
)
