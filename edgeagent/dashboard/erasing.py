"""Download everything, and erase it: the two rights that end a relation."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.household import ProfileShape
from edgeagent.messages.answers.rights import EraseShape

__all__ = ["ROUTES"]

_SCOPES = ("history", "profile", "all")


async def _download(request: PageRequest) -> Response:
    return await request.page("download")


async def _export(request: PageRequest) -> Response:
    content = await request.box.ask_raw("export")
    return Response(
        bytes(content),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="edgeagent-export.json"'},
    )


async def _erase(request: PageRequest) -> Response:
    return await request.page("erase")


async def _erase_profile(request: PageRequest) -> Response:
    profiles = await request.ask("profiles", tuple[ProfileShape, ...])
    return await request.page("erase_profile", back="/erase", profiles=profiles)


async def _ask_once_more(request: PageRequest) -> Response:
    scope, profile = request.form.get("scope", ""), request.form.get("profile") or None
    if scope not in _SCOPES:
        raise HTTPException(400)
    asked = await request.ask("erase", EraseShape, scope=scope, profile=profile)
    fields = {"scope": scope, "profile": profile or "", "confirm": asked.confirm}
    back = "/erase/profile" if scope == "profile" else "/erase"
    return await request.page(
        "erase_sure", back=back, scope=scope, fields=fields, wait_seconds=asked.wait_seconds
    )


async def _carry_out(request: PageRequest) -> Response:
    scope, profile = request.form.get("scope", ""), request.form.get("profile") or None
    erased = await request.ask(
        "erase",
        EraseShape,
        scope=scope,
        profile=profile,
        confirm=request.form.get("confirm", ""),
        pin=request.pin,
    )
    return await request.page("erased", back="/", receipt=erased.receipt)


ROUTES = (
    Route(path="/download", handler=_download),
    Route(path="/download/edgeagent-export.json", handler=_export),
    Route(path="/erase", handler=_erase),
    Route(path="/erase/profile", handler=_erase_profile),
    Route(path="/erase/ask", handler=_ask_once_more, method="POST"),
    Route(path="/erase/now", handler=_carry_out, method="POST"),
)
