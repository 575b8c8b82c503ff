"""Promos and ads: what was shown on this screen, why, and how to stop it; all of it stays here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.errors import InputError
from edgeagent.messages.answers.consent import ConsentShape
from edgeagent.messages.answers.promotions import (
    CreativeFileShape,
    CreativeReasonShape,
    PromotionsShape,
)

__all__ = ["ROUTES"]

T = TypeVar("T")

_ROWS = 8
_FOR_OTHERS = ("age", "house_only")
_HIDEABLE = ("creative", "advertiser", "category")


async def _promos(request: PageRequest) -> Response:
    promotions = await _ask(request)
    consent = await request.ask("consent", ConsentShape)
    shown, before = _rows(request, promotions.shown[::-1])
    return await request.page(
        "promos",
        back="/promos" if "row" in request.query else "/",
        creatives={creative.crid: creative for creative in promotions.creatives},
        shown=shown,
        before=before,
        hidden=promotions.hidden,
        nothing=_why_nothing(promotions, consent),
    )


def _why_nothing(promotions: PromotionsShape, consent: ConsentShape) -> str:
    """Say why the log is empty, if it is: the key of a text."""
    if promotions.shown:
        return ""
    if not consent.may_consent:
        return "child"
    if not promotions.creatives:
        return "none_here"
    granted = any(each.purpose == "promotion" and each.granted for each in consent.purposes)
    return "none_yet" if granted else "off"


async def _all(request: PageRequest) -> Response:
    promotions = await _ask(request)
    creatives, before = _rows(request, promotions.creatives)
    return await request.page("promos_all", back="/promos", creatives=creatives, before=before)


def _rows(request: PageRequest, rows: Sequence[T]) -> tuple[Sequence[T], int | None]:
    """Return one page of rows, and where the next one begins."""
    start = request.number("row", otherwise=0)
    end = start + _ROWS
    return rows[start:end], end if end < len(rows) else None


async def _promo(request: PageRequest) -> Response:
    crid, came_from = request.query.get("id", ""), request.query.get("from", "")
    promotions = await _ask(request)
    found = [creative for creative in promotions.creatives if creative.crid == crid]
    if not found:
        raise HTTPException(404)
    names = {"creative": crid, "advertiser": found[0].advertiser, "category": found[0].cat}
    marked = {(mark.kind, mark.name) for mark in promotions.hidden}
    return await request.page(
        "promo",
        back=came_from if came_from.startswith("/promos") else "/promos",
        came_from=came_from,
        creative=found[0],
        reason=await request.ask("whyCreative", CreativeReasonShape, crid=crid),
        hideable=[(what, names[what], (what, names[what]) in marked) for what in _HIDEABLE],
        shown=[showing for showing in promotions.shown if showing.crid == crid][::-1],
    )


async def _picture(request: PageRequest) -> Response:
    crid = request.query.get("id", "")
    if crid not in {creative.crid for creative in (await _ask(request)).creatives}:
        raise HTTPException(404)
    try:
        file = await request.ask("creativeFile", CreativeFileShape, crid=crid)
    except Refused as refused:
        if not isinstance(refused.error, InputError):
            raise
        raise HTTPException(404) from refused
    return Response(file.data, media_type=file.media_type)


async def _hide(request: PageRequest) -> Response:
    what, name = _named(request)
    await request.tell("hideCreative", what=what, name=name)
    return request.go(_page(request), done="promo_hidden", **_place(request))


async def _unhide(request: PageRequest) -> Response:
    what, name = _named(request)
    await request.tell("unhideCreative", what=what, name=name)
    return request.go(_page(request), done="promo_shown", **_place(request))


def _named(request: PageRequest) -> tuple[str, str]:
    return request.form.get("what", ""), request.form.get("name", "")


def _page(request: PageRequest) -> str:
    return "/promo" if request.form.get("id") else "/promos"


def _place(request: PageRequest) -> dict[str, str]:
    """Return what names the page that the form was on."""
    return {name: request.form[name] for name in ("id", "from") if request.form.get(name)}


async def _ask(request: PageRequest) -> PromotionsShape:
    """Ask for everything but the creatives that are for older people than the profile's."""
    promotions = await request.ask("promotions", PromotionsShape)
    fit = tuple(one for one in promotions.creatives if one.why_not not in _FOR_OTHERS)
    return msgspec.structs.replace(promotions, creatives=fit)


ROUTES = (
    Route(path="/promos", handler=_promos),
    Route(path="/promos/all", handler=_all),
    Route(path="/promo", handler=_promo),
    Route(path="/promo/picture", handler=_picture),
    Route(path="/promos/hide", handler=_hide, method="POST"),
    Route(path="/promos/unhide", handler=_unhide, method="POST"),
)
