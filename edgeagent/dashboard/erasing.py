"""Download everything, and erase it: the two rights that end a relation."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.errors import CountingDown
from edgeagent.messages.answers.household import ProfileShape
from edgeagent.messages.answers.rights import EraseShape

__all__ = ["ROUTES"]

_TOO_EARLY = 403  # as where a PIN is asked for
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
    return await _question(request, *_chosen(request))


async def _question(
    request: PageRequest, scope: str, profile: str | None, *, status_code: int = 200
) -> Response:
    """Ask; "yes" is offered once the profile lock's minute is over."""
    asked = await request.ask("erase", EraseShape, scope=scope, profile=profile)
    return await request.page(
        "erase_sure",
        back="/erase/profile" if scope == "profile" else "/erase",
        status_code=status_code,
        scope=scope,
        fields={"scope": scope, "profile": profile or "", "confirm": asked.confirm},
        wait_seconds=asked.wait_seconds,
    )


async def _carry_out(request: PageRequest) -> Response:
    scope, profile = _chosen(request)
    confirm = request.form.get("confirm", "")
    try:
        erased = await request.ask(
            "erase", EraseShape, scope=scope, profile=profile, confirm=confirm, pin=request.pin
        )
    except Refused as refused:
        if not isinstance(refused.error, CountingDown):
            raise
        return await _question(request, scope, profile, status_code=_TOO_EARLY)
    return await request.page("erased", back="/", receipt=erased.receipt)


def _chosen(request: PageRequest) -> tuple[str, str | None]:
    """Return the scope and the profile in the form."""
    scope = request.form.get("scope", "")
    if scope not in _SCOPES:
        raise HTTPException(400)
    return scope, request.form.get("profile") or None


ROUTES = (
    Route(path="/download", handler=_download),
    Route(path="/download/edgeagent-export.json", handler=_export),
    Route(path="/erase", handler=_erase),
    Route(path="/erase/profile", handler=_erase_profile),
    Route(path="/erase/ask", handler=_ask_once_more, method="POST"),
    Route(path="/erase/now", handler=_carry_out, method="POST"),
)
