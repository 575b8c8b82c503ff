"""Switches: one a purpose, with what it gives and takes, and every decision for the record."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]


async def _switches(viewer: Viewer) -> Response:
    consent = await viewer.ask("consent", language=viewer.texts.language)
    return await viewer.page("switches", consent=consent)


async def _grant(viewer: Viewer) -> Response:
    purpose = viewer.form.get("purpose", "")
    await viewer.ask("grant", purpose=purpose, language=viewer.texts.language)
    return viewer.go("/switches", done="granted")


async def _withdraw(viewer: Viewer) -> Response:
    await viewer.ask("withdraw", purpose=viewer.form.get("purpose", ""))
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
