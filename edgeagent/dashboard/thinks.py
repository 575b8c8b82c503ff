"""What the box thinks: segments, the titles that weigh most, and what it recommends."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.dashboard.segment_names import segment_name
from edgeagent.dashboard.texts import Said
from edgeagent.errors import ConsentRequired, NoModel
from edgeagent.messages import SegmentLabel
from edgeagent.messages.answers.consent import ConsentShape
from edgeagent.messages.answers.picks import (
    RankingShape,
    SegmentsShape,
    WeekListShape,
    WeekThemeShape,
)
from edgeagent.ranking.heaviest import heaviest

__all__ = ["ROUTES"]

_SHOWN_SEGMENTS = 7
_SHOWN_PICKS = 5
_NAMED_REASONS = 2


async def _thinks(request: PageRequest) -> Response:
    try:
        mix = await request.ask("segments", SegmentsShape)
    except Refused as refused:
        if not isinstance(refused.error, ConsentRequired | NoModel):
            raise
        return await request.page("thinks_nothing", why=await _why_not(request, refused))
    segments = mix.segments
    if not segments:
        return await request.page("thinks_nothing", why="no_mix")
    ranking = await request.box.ask_if_any("lastPicks", RankingShape)
    picks = ranking.picks if ranking else ()
    return await request.page(
        "thinks",
        segments=segments[:_SHOWN_SEGMENTS],
        rest=sum(segment.probability for segment in segments[_SHOWN_SEGMENTS:]),
        because=mix.because,
        picks=[
            (pick, heaviest(pick.reasons, most=_NAMED_REASONS)) for pick in picks[:_SHOWN_PICKS]
        ],
        no_picks="picks_none_left" if ranking else "picks_nothing",
        made_at=mix.made_at,
    )


async def _why_not(request: PageRequest, refused: Refused) -> str:
    if isinstance(refused.error, NoModel):
        return "no_model"
    consent = await request.ask("consent", ConsentShape)
    return "not_granted" if consent.may_consent else "not_for"


async def _week(request: PageRequest) -> Response:
    """Show the list of the week, which is made when it is first looked at."""
    try:
        week = await request.box.ask_if_any("weekList", WeekListShape)
    except Refused as refused:
        if not isinstance(refused.error, ConsentRequired | NoModel):
            raise
        return await request.page("thinks_nothing", why=await _why_not(request, refused))
    theme = None if week is None or week.theme is None else _theme_name(week.theme, request)
    return await request.page("week", back="/thinks", week=week, theme=theme)


def _theme_name(theme: WeekThemeShape, request: PageRequest) -> Said:
    label = SegmentLabel(
        name=f"{' '.join(reversed(theme.genres))} {theme.kind}",
        sensitive=False,
        iab=(),
        kind=theme.kind,
        genres=theme.genres,
    )
    return segment_name(label, request.texts)


async def _think_again(request: PageRequest) -> Response:
    await request.tell("recommend", limit=10)
    return request.go("/thinks", done="ranked")


ROUTES = (
    Route(path="/thinks", handler=_thinks),
    Route(path="/week", handler=_week),
    Route(path="/thinks/again", handler=_think_again, method="POST"),
)
