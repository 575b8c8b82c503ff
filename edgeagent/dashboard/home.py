"""The first page: how everything stands, one tile a subject."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route

__all__ = ["ROUTES"]


async def _home(request: PageRequest) -> Response:
    consent = await request.ask("consent")
    reports = await request.ask("disclosures")
    return await request.page(
        "home",
        back=None,
        budget=await request.ask("budget"),
        sent=sum(report["outcome"] in {"accepted", "refused"} for report in reports),
        granted=sum(purpose["granted"] for purpose in consent["purposes"]),
        purposes=len(consent["purposes"]),
        profiles=await request.ask("profiles"),
        retention=await request.ask("retention"),
    )


ROUTES = (Route(path="/", handler=_home),)
