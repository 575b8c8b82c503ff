"""Private session, profiles, and how long viewings are kept."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.dashboard.promises import ask_promises
from edgeagent.errors import InputError
from edgeagent.messages.answers.household import ProfileShape, RetentionPeriodShape
from edgeagent.messages.answers.reports import BalanceShape
from edgeagent.messages.fields import MAIN_PROFILE, MAX_RETENTION_DAYS

__all__ = ["ROUTES"]

_UNPROCESSABLE = 422  # the form comes back with what is wrong beside its field
_PRIVATE_MINUTES = (30, 60, 120, 240)
_MOST_DIGITS = 4
_AGE_LIMITS = (0, 6, 12, 16, 18)
"""The ratings of Germany's FSK; the command line takes any."""
_KINDS = ("adult", "teen", "kid")
_RETENTION_DAYS = (1, 7, 14, 30, 60, 90, 180, MAX_RETENTION_DAYS)


async def _private(request: PageRequest) -> Response:
    return await request.page("private", choices=_PRIVATE_MINUTES)


async def _start_private(request: PageRequest) -> Response:
    await request.tell("startPrivateSession", minutes=_number(request, "minutes"))
    return request.go("/private", done="private")


async def _stop_private(request: PageRequest) -> Response:
    await request.tell("stopPrivateSession")
    return request.go("/private", done="not_private")


async def _profiles(request: PageRequest) -> Response:
    return await _show_profiles(request)


async def _show_profiles(request: PageRequest, *, wrong_name: str | None = None) -> Response:
    return await request.page(
        "profiles",
        status_code=200 if wrong_name is None else _UNPROCESSABLE,
        profiles=await _ask_profiles(request),
        kinds=_KINDS,
        wrong_name=wrong_name,
    )


async def _ask_profiles(request: PageRequest) -> tuple[ProfileShape, ...]:
    return await request.ask("profiles", tuple[ProfileShape, ...])


async def _profile(request: PageRequest) -> Response:
    return await _show_profile(request, request.query.get("name", ""))


async def _show_profile(
    request: PageRequest, name: str, *, wrong_name: str | None = None
) -> Response:
    found = [profile for profile in await _ask_profiles(request) if profile.name == name]
    if not found:
        raise HTTPException(404)
    return await request.page(
        "profile",
        back="/profiles",
        status_code=200 if wrong_name is None else _UNPROCESSABLE,
        profile=found[0],
        wrong_name=wrong_name,
        may_rename=name != MAIN_PROFILE,
        limits=_AGE_LIMITS,
    )


async def _create_profile(request: PageRequest) -> Response:
    name, kind = request.form.get("name", "").strip(), request.form.get("kind", "adult")
    if kind not in _KINDS:
        raise HTTPException(400)
    try:
        await request.tell("createProfile", name=name, kind=kind)
    except Refused as refused:
        if not isinstance(refused.error, InputError):
            raise
        return await _show_profiles(request, wrong_name=name)
    return request.go("/profiles", done="created")


async def _switch_profile(request: PageRequest) -> Response:
    await request.tell("switchProfile", name=request.form.get("name", ""), pin=request.pin)
    return request.go("/profiles", done="switched")


async def _limit_profile(request: PageRequest) -> Response:
    limit = _number(request, "limit") if request.form.get("limit") else None
    name = request.form.get("name", "")
    await request.tell("setAgeLimit", name=name, limit=limit, pin=request.pin)
    return request.go("/profile", done="limited", name=name)


async def _rename_profile(request: PageRequest) -> Response:
    name, new_name = request.form.get("name", ""), request.form.get("new_name", "").strip()
    try:
        await request.tell("renameProfile", name=name, newName=new_name)
    except Refused as refused:
        if not isinstance(refused.error, InputError):
            raise
        return await _show_profile(request, name, wrong_name=new_name)
    return request.go("/profiles", done="renamed")


async def _retention(request: PageRequest) -> Response:
    retention = await request.ask("retention", RetentionPeriodShape)
    choices = [days for days in _RETENTION_DAYS if days < retention.allowed_days]
    return await request.page("retention", retention=retention, choices=choices)


async def _set_retention(request: PageRequest) -> Response:
    chosen = _number(request, "days") if request.form.get("days") else None
    if "sure" not in request.form:
        asked = await _ask_once_more(request, chosen)
        if asked is not None:
            return asked
    await request.tell("setRetention", days=chosen, pin=request.pin)
    return request.go("/retention", done="retention")


async def _ask_once_more(request: PageRequest, chosen: int | None) -> Response | None:
    """Fewer days delete something, more days keep it for longer: both are asked about."""
    retention = await request.ask("retention", RetentionPeriodShape)
    days = retention.allowed_days if chosen is None else min(chosen, retention.allowed_days)
    if days < retention.days:
        shown = request.texts.count("home.days", days)
        return await request.confirm(
            "retention", {"days": _typed(chosen)}, back="/retention", days=shown
        )
    if days == retention.days:
        return None
    return await request.page(
        "widen_retention",
        back="/retention",
        days=days,
        fields={"days": _typed(chosen)},
        promises=await ask_promises(request),
        budget=await request.ask("budget", BalanceShape),
        retention=retention,
    )


def _typed(chosen: int | None) -> str:
    return "" if chosen is None else str(chosen)


def _number(request: PageRequest, field: str) -> int:
    text = request.form.get(field, "")
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise HTTPException(400)
    return int(text)


ROUTES = (
    Route(path="/private", handler=_private),
    Route(path="/private/start", handler=_start_private, method="POST"),
    Route(path="/private/stop", handler=_stop_private, method="POST"),
    Route(path="/profiles", handler=_profiles),
    Route(path="/profile", handler=_profile),
    Route(path="/profiles/create", handler=_create_profile, method="POST"),
    Route(path="/profiles/switch", handler=_switch_profile, method="POST"),
    Route(path="/profiles/limit", handler=_limit_profile, method="POST"),
    Route(path="/profiles/rename", handler=_rename_profile, method="POST"),
    Route(path="/retention", handler=_retention),
    Route(path="/retention/set", handler=_set_retention, method="POST"),
)
