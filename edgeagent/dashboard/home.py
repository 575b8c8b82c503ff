"""The first page: how everything stands, one tile a subject."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]


async def _home(viewer: Viewer) -> Response:
    consent = await viewer.ask("consent")
    reports = await viewer.ask("disclosures")
    return await viewer.page(
        "home",
        back=None,
        budget=await viewer.ask("budget"),
        sent=sum(report["outcome"] in {"accepted", "refused"} for report in reports),
        granted=sum(purpose["granted"] for purpose in consent["purposes"]),
        purposes=len(consent["purposes"]),
        profiles=await viewer.ask("profiles"),
        retention=await viewer.ask("retention"),
    )


WAYS = (Way(path="/", handler=_home),)
