"""Switches: one a purpose, one for everything, one for hints; and every decision so far."""

from __future__ import annotations

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.dashboard.promises import ask_promises
from edgeagent.messages.answers.consent import ConsentReceiptShape, ConsentShape
from edgeagent.messages.answers.household import RetentionPeriodShape
from edgeagent.messages.answers.reports import BalanceShape, NextReportShape
from edgeagent.privacy.accounting import MAX_ODDS_PER_REPORT, epsilon

__all__ = ["ROUTES"]

_PAGE = 24
_DEAREST = epsilon(MAX_ODDS_PER_REPORT)
"""The ε of a report at most, where no task says what it would be."""


async def _switches(request: PageRequest) -> Response:
    language = request.texts.language
    consent = await request.ask("consent", ConsentShape, language=language, shown=True)
    return await request.page("switches", consent=consent)


async def _grant(request: PageRequest) -> Response:
    purpose = request.form.get("purpose", "")
    if "sure" not in request.form:
        return await _ask_once_more(request, purpose)
    language = request.texts.language
    await request.tell("grant", purpose=purpose, language=language, pin=request.pin)
    return request.go("/switches", done="granted")


async def _ask_once_more(request: PageRequest, name: str) -> Response:
    """Show what is given and taken, and what the box's privacy is now, before anything widens."""
    consent = await request.ask("consent", ConsentShape, language=request.texts.language)
    found = [purpose for purpose in consent.purposes if purpose.purpose == name]
    if not found:
        raise HTTPException(400)
    budget = await request.ask("budget", BalanceShape)
    preview = await request.ask("nextReport", NextReportShape)
    return await request.page(
        "widen_grant",
        back="/switches",
        consent=consent,
        purpose=found[0],
        promises=await ask_promises(request),
        budget=budget,
        cost=(preview.epsilon or _DEAREST) / budget.epsilon_limit,
        bytes=preview.bytes,
        retention=await request.ask("retention", RetentionPeriodShape),
    )


async def _withdraw(request: PageRequest) -> Response:
    purpose = request.form.get("purpose", "")
    if purpose == "history" and "sure" not in request.form:  # it deletes the history
        return await request.confirm("withdraw", {"purpose": purpose}, back="/switches")
    await request.tell("withdraw", purpose=purpose)
    return request.go("/switches", done="withdrawn")


async def _everything_off(request: PageRequest) -> Response:
    if "sure" not in request.form:
        back = "/" if request.form.get("from") == "home" else "/switches"
        return await request.confirm("everything_off", {}, back=back)
    await request.tell("switchOff")
    return request.go("/switches", done="everything_off")


async def _hints(request: PageRequest) -> Response:
    if request.form.get("on") == "yes":
        await request.tell("setConsentHints", on=True)
        return request.go("/switches", done="hints_on")
    await request.tell("setConsentHints", on=False)
    return request.go("/switches", done="hints_off")


async def _record(request: PageRequest) -> Response:
    receipt = await request.ask("consentReceipt", ConsentReceiptShape)
    records = [(record, _seconds(record.event_time)) for record in receipt.records][::-1]
    number = request.number("page", otherwise=0)
    start = number * _PAGE
    return await request.page(
        "record",
        back="/switches/record" if number else "/switches",
        records=records[start : start + _PAGE],
        next=number + 1 if records[start + _PAGE :] else None,
    )


def _seconds(iso_utc: str) -> int:
    return int(datetime.fromisoformat(iso_utc).timestamp())


ROUTES = (
    Route(path="/switches", handler=_switches),
    Route(path="/switches/grant", handler=_grant, method="POST"),
    Route(path="/switches/withdraw", handler=_withdraw, method="POST"),
    Route(path="/switches/everything-off", handler=_everything_off, method="POST"),
    Route(path="/switches/hints", handler=_hints, method="POST"),
    Route(path="/switches/record", handler=_record),
)
