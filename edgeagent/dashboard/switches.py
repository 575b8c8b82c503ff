"""Switches: one a purpose, with what it gives and takes, and every decision for the record."""

from __future__ import annotations

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.promises import ask_promises
from edgeagent.dashboard.viewer import Viewer, Way
from edgeagent.privacy.accounting import MAX_ODDS_PER_REPORT, epsilon

__all__ = ["WAYS"]

_DEAREST = epsilon(MAX_ODDS_PER_REPORT)
"""The ε of a report at most, where no task says what it would be."""


async def _switches(viewer: Viewer) -> Response:
    consent = await viewer.ask("consent", language=viewer.texts.language)
    return await viewer.page("switches", consent=consent)


async def _grant(viewer: Viewer) -> Response:
    purpose = viewer.form.get("purpose", "")
    if "sure" not in viewer.form:
        return await _ask_once_more(viewer, purpose)
    await viewer.ask("grant", purpose=purpose, language=viewer.texts.language)
    return viewer.go("/switches", done="granted")


async def _ask_once_more(viewer: Viewer, name: str) -> Response:
    """Show what is given and taken, and what the box's privacy is now, before anything widens."""
    consent = await viewer.ask("consent", language=viewer.texts.language)
    found = [purpose for purpose in consent["purposes"] if purpose["purpose"] == name]
    if not found:
        raise HTTPException(400)
    budget, preview = await viewer.ask("budget"), await viewer.ask("nextReport")
    return await viewer.page(
        "widen_grant",
        back="/switches",
        consent=consent,
        purpose=found[0],
        promises=await ask_promises(viewer),
        budget=budget,
        cost=(preview["epsilon"] or _DEAREST) / budget["epsilonLimit"],
        bytes=preview["bytes"],
        retention=await viewer.ask("retention"),
    )


async def _withdraw(viewer: Viewer) -> Response:
    purpose = viewer.form.get("purpose", "")
    if purpose == "history" and "sure" not in viewer.form:  # it takes along what was watched
        return await viewer.confirm("withdraw", {"purpose": purpose}, back="/switches")
    await viewer.ask("withdraw", purpose=purpose)
    return viewer.go("/switches", done="withdrawn")


async def _record(viewer: Viewer) -> Response:
    receipt = await viewer.ask("consentReceipt")
    records = [record | {"at": _seconds(record["eventTime"])} for record in receipt["records"]]
    return await viewer.page("record", back="/switches", records=records[::-1])


def _seconds(iso_utc: str) -> int:
    return int(datetime.fromisoformat(iso_utc).timestamp())


WAYS = (
    Way(path="/switches", handler=_switches),
    Way(path="/switches/grant", handler=_grant, method="POST"),
    Way(path="/switches/withdraw", handler=_withdraw, method="POST"),
    Way(path="/switches/record", handler=_record),
)
