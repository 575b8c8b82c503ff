"""What the box thinks: segments, the titles that weigh most, and the picks they led to."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from edgeagent.dashboard.box_client import NO_MODEL, NOT_GRANTED, Refused
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.picks import SegmentShape

__all__ = ["ROUTES"]

_SHOWN_SEGMENTS = 7
_SHOWN_PICKS = 5


async def _thinks(request: PageRequest) -> Response:
    try:
        mix = await request.ask("segments")
    except Refused as refused:
        if refused.code != NOT_GRANTED and refused.kind != NO_MODEL:
            raise
        return await request.page("thinks_nothing", why=await _why_not(request, refused))
    segments = msgspec.convert(mix["segments"], tuple[SegmentShape, ...])
    if not segments:
        return await request.page("thinks_nothing", why="no_mix")
    ranking = await request.ask("lastPicks")
    picks = ranking["picks"] if ranking else []
    return await request.page(
        "thinks",
        segments=segments[:_SHOWN_SEGMENTS],
        rest=sum(segment.probability for segment in segments[_SHOWN_SEGMENTS:]),
        because=mix["because"],
        picks=picks[:_SHOWN_PICKS],
        no_picks="picks_none_left" if ranking else "picks_nothing",
        made_at=mix["madeAt"],
    )


async def _why_not(request: PageRequest, refused: Refused) -> str:
    if refused.kind == NO_MODEL:
        return "no_model"
    consent = await request.ask("consent")
    return "not_granted" if consent["mayConsent"] else "not_for"


async def _think_again(request: PageRequest) -> Response:
    await request.ask("recommend", limit=10)
    return request.go("/thinks", done="ranked")


ROUTES = (
    Route(path="/thinks", handler=_thinks),
    Route(path="/thinks/again", handler=_think_again, method="POST"),
)
