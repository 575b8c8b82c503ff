"""What is kept: the history, searched and paged, and what can be said of each title."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.errors import ConsentRequired
from edgeagent.messages.answers.history import Cursor, HistoryShape, MarkShape, ViewingShape
from edgeagent.messages.answers.picks import PickShape, RankingShape
from edgeagent.messages.fields import HISTORY_PAGE

__all__ = ["ROUTES"]

_PAGE = 12
_ACTIONS = {
    "hide": "hidden",
    "unhide": "shown",
    "exclude": "excluded",
    "include": "included",
    "forget": "forgotten",
}


async def _kept(request: PageRequest) -> Response:
    search = request.query.get("search", "")[:200]
    before = _cursor(request)
    page = await request.ask("history", HistoryShape, search=search, limit=_PAGE, before=before)
    marks = await _ask_marks(request)
    return await request.page(
        "kept",
        back="/kept" if "before" in request.query else "/",
        search=search,
        viewings=page.viewings,
        count=page.count,
        next=page.next,
        marks=marks,
        mark_of={mark.entity_id: mark.mark for mark in marks},
    )


def _cursor(request: PageRequest) -> Cursor | None:
    watched_on, entity_id = request.query.get("before", ""), request.query.get("after_id", "")
    if not (watched_on.isdecimal() and entity_id):
        return None
    return Cursor(watched_on=int(watched_on), entity_id=entity_id)


async def _ask_marks(request: PageRequest) -> tuple[MarkShape, ...]:
    return await request.ask("marks", tuple[MarkShape, ...])


async def _marks(request: PageRequest) -> Response:
    return await request.page("marks", back="/kept", marks=await _ask_marks(request))


async def _title(request: PageRequest) -> Response:
    entity_id = request.query.get("id", "")
    if not entity_id:
        raise HTTPException(404)
    history = await request.ask("history", HistoryShape, entityId=entity_id, limit=HISTORY_PAGE)
    viewings = history.viewings
    marks = [item for item in await _ask_marks(request) if item.entity_id == entity_id]
    picks = [item for item in await _last_picks(request) if item.entity_id == entity_id]
    known: list[ViewingShape | MarkShape | PickShape] = [*viewings, *marks, *picks]
    return await request.page(
        "title",
        back=_from(request.query.get("from", "")),
        came_from=request.query.get("from", ""),
        entity_id=entity_id,
        title=known[0].title if known else entity_id,
        viewings=viewings,
        marks={item.mark for item in marks},
        reasons=picks[0].reasons if picks else [],
    )


async def _last_picks(request: PageRequest) -> tuple[PickShape, ...]:
    """Return what was picked last; nothing while picking is not granted."""
    try:
        ranking = await request.box.ask_if_any("lastPicks", RankingShape)
    except Refused as refused:
        if not isinstance(refused.error, ConsentRequired):
            raise
        return ()
    return () if ranking is None else ranking.picks


async def _do(request: PageRequest) -> Response:
    action = request.path.removeprefix("/title/")
    entity_id, came_from = request.form.get("id", ""), request.form.get("from", "")
    title = request.form.get("title", entity_id)
    if action == "forget" and "sure" not in request.form:
        back = f"/title?{_query(entity_id, came_from)}"
        fields = {"id": entity_id, "from": came_from, "title": title}
        return await request.confirm("forget", fields, back=back, title=title)
    await request.tell(action, entityId=entity_id)
    if action == "forget":
        return request.go(_from(came_from), done=_ACTIONS[action])
    return request.go("/title", done=_ACTIONS[action], id=entity_id, **{"from": came_from})


def _from(name: str) -> str:
    return {"thinks": "/thinks", "marks": "/marks"}.get(name, "/kept")


def _query(entity_id: str, came_from: str) -> str:
    return urlencode({"id": entity_id, "from": came_from})


ROUTES = (
    Route(path="/kept", handler=_kept),
    Route(path="/marks", handler=_marks),
    Route(path="/title", handler=_title),
    *(Route(path=f"/title/{action}", handler=_do, method="POST") for action in _ACTIONS),
)
