"""Text for a phone, as a QR code: what is better read, kept or compared away from the television.

The code holds the text itself: there is no address that could serve it, and none should learn who
reads it. It is the same for every household with the same settings. Nothing of a history, a mark or
a profile is in it, as a camera's app may offer to look the text up.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.consent import Purpose
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.consent import ConsentShape
from edgeagent.messages.answers.household import RetentionPeriodShape
from edgeagent.messages.answers.reports import BalanceShape
from edgeagent.messages.answers.status import ModelShape

__all__ = ["ROUTES", "TOPICS"]

_QUIET_MODULES = 4
"""White on every side, in squares of the code: ISO/IEC 18004, 6.3.8."""


async def _promises(request: PageRequest) -> str:
    budget = await request.ask("budget", BalanceShape)
    retention = await request.ask("retention", RetentionPeriodShape)
    t = request.texts
    return "\n".join(
        (
            t("home.promise"),
            t("assessment.report"),
            t("assessment.budget", limit=budget.odds_limit),
            t.count("assessment.retention", retention.days),
            t("assessment.note"),
        )
    )


async def _purpose(request: PageRequest) -> str:
    """Return the text that one agrees to, to be read in peace before."""
    consent = await request.ask("consent", ConsentShape, language=request.texts.language)
    purpose = next(one for one in consent.purposes if one.purpose == request.query["about"])
    t = request.texts
    return "\n".join(
        (
            purpose.text,
            f"{t('switches.gives')}: {purpose.gives}",
            f"{t('switches.takes')}: {purpose.takes}",
        )
    )


async def _releases(request: PageRequest) -> str:
    """Return what two boxes compare; nobody types it from a screen."""
    model = await request.ask("model", ModelShape)
    if model.releases is None:
        raise HTTPException(404)
    t = request.texts
    return "\n".join(
        (
            f"{t('releases.id')}: {model.releases.list_id}",
            f"{t('releases.length')}: {model.releases.length}",
            f"{t('releases.head')}: {model.releases.head}",
            t("releases.note"),
        )
    )


async def _lock(request: PageRequest) -> str:
    return request.texts("phone.lock_text")


TOPICS: dict[str, tuple[Callable[[PageRequest], Awaitable[str]], str]] = {
    "promises": (_promises, "/assessment"),
    **{purpose.value: (_purpose, "/switches") for purpose in Purpose},
    "lock": (_lock, "/lock"),
    "releases": (_releases, "/model"),
}
"""What there is to take along, and the page that it belongs to."""


async def _text(request: PageRequest) -> str:
    topic = TOPICS.get(request.query.get("about", ""))
    if topic is None:
        raise HTTPException(404)
    return f"{request.texts('phone.' + request.query['about'])}\n{await topic[0](request)}"


async def _phone(request: PageRequest) -> Response:
    title, *lines = (await _text(request)).split("\n")
    about = request.query["about"]
    has_releases = (await request.ask("model", ModelShape)).releases is not None
    return await request.page(
        "phone",
        back=TOPICS[about][1],
        about=about,
        topics=[topic for topic in TOPICS if topic != "releases" or has_releases],
        title=title,
        lines=lines,
    )


async def _code(request: PageRequest) -> Response:
    import segno  # noqa: PLC0415  (for one picture on one page)

    picture = io.BytesIO()
    code = segno.make_qr(await _text(request), error="l", encoding="utf-8")
    code.save(picture, kind="png", border=_QUIET_MODULES)
    return Response(picture.getvalue(), media_type="image/png")


ROUTES = (
    Route(path="/phone", handler=_phone),
    Route(path="/phone/code", handler=_code),
)
