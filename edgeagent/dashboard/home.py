"""The first page: how everything stands, one tile a subject."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.consent import ConsentShape
from edgeagent.messages.answers.household import ProfileShape, RetentionPeriodShape
from edgeagent.messages.answers.reports import BalanceShape, DisclosureShape

__all__ = ["ROUTES"]


async def _home(request: PageRequest) -> Response:
    consent = await request.ask("consent", ConsentShape)
    reports = await request.ask("disclosures", tuple[DisclosureShape, ...])
    return await request.page(
        "home",
        back=None,
        budget=await request.ask("budget", BalanceShape),
        sent=sum(report.outcome in {"accepted", "refused"} for report in reports),
        granted=sum(purpose.granted for purpose in consent.purposes),
        purposes=len(consent.purposes),
        profiles=await request.ask("profiles", tuple[ProfileShape, ...]),
        retention=await request.ask("retention", RetentionPeriodShape),
    )


ROUTES = (Route(path="/", handler=_home),)
