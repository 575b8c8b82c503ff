"""One title: what is known of it, and what can be said of it; and all titles with a mark."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.kept import ask_marks
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.errors import ConsentRequired
from edgeagent.messages.answers.history import HistoryShape, MarkShape, ViewingShape
from edgeagent.messages.answers.picks import PickShape, RankingShape
from edgeagent.messages.fields import HISTORY_PAGE

__all__ = ["ROUTES", "came_from"]

_ACTIONS = {
    "hide": "hidden",
    "unhide": "shown",
    "exclude": "excluded",
    "include": "included",
    "forget": "forgotten",
}
_LISTS = {"/kept", "/marks", "/thinks", "/week"}
"""Pages that lead to a title, to which Back leads again."""
_PAGE = 24


async def _marks(request: PageRequest) -> Response:
    marks, number = await ask_marks(request), request.number("page", otherwise=0)
    start = number * _PAGE
    return await request.page(
        "marks",
        back=f"/marks?page={number - 1}" if number > 1 else "/marks" if number else "/kept",
        marks=marks[start : start + _PAGE],
        next=number + 1 if marks[start + _PAGE :] else None,
    )


async def _title(request: PageRequest) -> Response:
    entity_id = request.query.get("id", "")
    if not entity_id:
        raise HTTPException(404)
    history = await request.ask("history", HistoryShape, entityId=entity_id, limit=HISTORY_PAGE)
    viewings = history.viewings
    marks = [item for item in await ask_marks(request) if item.entity_id == entity_id]
    picks = [item for item in await _last_picks(request) if item.entity_id == entity_id]
    known: list[ViewingShape | MarkShape | PickShape] = [*viewings, *marks, *picks]
    at = request.query.get("at", "")
    came = request.query.get("from", "")
    return await request.page(
        "title",
        back=came_from(came),
        came_from=came,
        entity_id=entity_id,
        title=known[0].title if known else entity_id,
        viewings=viewings,
        chosen=next((viewing for viewing in viewings if str(viewing.watched_on) == at), None),
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
    entity_id = request.form.get("id", "")
    place = {"id": entity_id, "at": request.form.get("at", "")}
    place["from"] = request.form.get("from", "")
    title = request.form.get("title", entity_id)
    if action == "forget" and "sure" not in request.form:
        back = f"/title?{urlencode(place)}"
        fields = place | {"title": title}
        return await request.confirm("forget", fields, back=back, title=title)
    await request.tell(action, entityId=entity_id)
    if action == "forget":
        return request.go(came_from(place["from"]), done=_ACTIONS[action])
    return request.go("/title", done=_ACTIONS[action], **place)


def came_from(place: str) -> str:
    """Return the list that a title was chosen from, at the same page; ``/kept`` by default."""
    path, _, query = place.partition("?")
    if path not in _LISTS:
        return "/kept"
    return f"{path}?{urlencode(parse_qsl(query))}" if query else path


ROUTES = (
    Route(path="/marks", handler=_marks),
    Route(path="/title", handler=_title),
    *(Route(path=f"/title/{action}", handler=_do, method="POST") for action in _ACTIONS),
)
