"""Download everything, and erase it: the two rights that end a relation."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]

_SCOPES = ("history", "profile", "all")


async def _download(viewer: Viewer) -> Response:
    return await viewer.page("download")


async def _export(viewer: Viewer) -> Response:
    content = await viewer.box.ask_raw("export")
    return Response(
        bytes(content),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="edgeagent-export.json"'},
    )


async def _erase(viewer: Viewer) -> Response:
    return await viewer.page("erase", profiles=await viewer.ask("profiles"))


async def _ask_once_more(viewer: Viewer) -> Response:
    scope, profile = viewer.form.get("scope", ""), viewer.form.get("profile") or None
    if scope not in _SCOPES:
        raise HTTPException(400)
    asked = await viewer.ask("erase", scope=scope, profile=profile)
    fields = {"scope": scope, "profile": profile or "", "confirm": asked["confirm"]}
    return await viewer.page("erase_sure", back="/erase", scope=scope, fields=fields)


async def _carry_out(viewer: Viewer) -> Response:
    scope, profile = viewer.form.get("scope", ""), viewer.form.get("profile") or None
    erased = await viewer.ask(
        "erase", scope=scope, profile=profile, confirm=viewer.form.get("confirm", "")
    )
    return await viewer.page("erased", back="/", receipt=erased["receipt"])


WAYS = (
    Way(path="/download", handler=_download),
    Way(path="/download/edgeagent-export.json", handler=_export),
    Way(path="/erase", handler=_erase),
    Way(path="/erase/ask", handler=_ask_once_more, method="POST"),
    Way(path="/erase/now", handler=_carry_out, method="POST"),
)
