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
    profiles = await request.ask("profiles", tuple[ProfileShape, ...])
    reports = await request.ask("disclosures", tuple[DisclosureShape, ...])
    return await request.page(
        "home",
        back=None,
        budget=await request.ask("budget", BalanceShape),
        sent=sum(report.outcome in {"accepted", "refused"} for report in reports),
        granted=sum(purpose.granted for purpose in consent.purposes),
        purposes=len(consent.purposes),
        has_promos=any(purpose.purpose == "promotion" for purpose in consent.purposes),
        anything_on=await _is_anything_on(request, consent, profiles),
        profiles=profiles,
        retention=await request.ask("retention", RetentionPeriodShape),
    )


async def _is_anything_on(
    request: PageRequest, active: ConsentShape, profiles: tuple[ProfileShape, ...]
) -> bool:
    """Say whether there is something to switch off, for whatever profile."""
    others = [profile.name for profile in profiles if profile.name != active.profile]
    consents = [active, *[await request.ask("consent", ConsentShape, profile=n) for n in others]]
    return any(purpose.granted for consent in consents for purpose in consent.purposes)


ROUTES = (Route(path="/", handler=_home),)
