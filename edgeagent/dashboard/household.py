"""Private session, profiles, and how long viewings are kept."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from edgeagent.dashboard.promises import ask_promises
from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]

_PRIVATE_MINUTES = (30, 60, 120, 240)
_MOST_DIGITS = 4
_RETENTION_DAYS = (1, 7, 14, 30, 60, 90, 180, 365)


async def _private(viewer: Viewer) -> Response:
    return await viewer.page("private", choices=_PRIVATE_MINUTES)


async def _start_private(viewer: Viewer) -> Response:
    await viewer.ask("startPrivateSession", minutes=_number(viewer, "minutes"))
    return viewer.go("/private", done="private")


async def _stop_private(viewer: Viewer) -> Response:
    await viewer.ask("stopPrivateSession")
    return viewer.go("/private", done="not_private")


async def _profiles(viewer: Viewer) -> Response:
    return await viewer.page("profiles", profiles=await viewer.ask("profiles"))


async def _profile(viewer: Viewer) -> Response:
    name = viewer.query.get("name", "")
    found = [profile for profile in await viewer.ask("profiles") if profile["name"] == name]
    if not found:
        raise HTTPException(404)
    return await viewer.page("profile", back="/profiles", profile=found[0])


async def _create_profile(viewer: Viewer) -> Response:
    name, kind = viewer.form.get("name", "").strip(), viewer.form.get("kind", "adult")
    await viewer.ask("createProfile", name=name, kind=kind)
    return viewer.go("/profiles", done="created")


async def _switch_profile(viewer: Viewer) -> Response:
    await viewer.ask("switchProfile", name=viewer.form.get("name", ""))
    return viewer.go("/profiles", done="switched")


async def _rename_profile(viewer: Viewer) -> Response:
    new_name = viewer.form.get("new_name", "").strip()
    await viewer.ask("renameProfile", name=viewer.form.get("name", ""), newName=new_name)
    return viewer.go("/profiles", done="renamed")


async def _retention(viewer: Viewer) -> Response:
    retention = await viewer.ask("retention")
    choices = [days for days in _RETENTION_DAYS if days < retention["allowedDays"]]
    return await viewer.page("retention", retention=retention, choices=choices)


async def _set_retention(viewer: Viewer) -> Response:
    chosen = _number(viewer, "days") if viewer.form.get("days") else None
    if "sure" not in viewer.form:
        asked = await _ask_once_more(viewer, chosen)
        if asked is not None:
            return asked
    await viewer.ask("setRetention", days=chosen)
    return viewer.go("/retention", done="retention")


async def _ask_once_more(viewer: Viewer, chosen: int | None) -> Response | None:
    """Fewer days delete something, more days keep it for longer: both are asked about."""
    retention = await viewer.ask("retention")
    days = retention["allowedDays"] if chosen is None else min(chosen, retention["allowedDays"])
    if days < retention["days"]:
        shown = viewer.texts.count("home.days", days)
        return await viewer.confirm(
            "retention", {"days": _typed(chosen)}, back="/retention", days=shown
        )
    if days == retention["days"]:
        return None
    return await viewer.page(
        "widen_retention",
        back="/retention",
        days=days,
        fields={"days": _typed(chosen)},
        promises=await ask_promises(viewer),
        budget=await viewer.ask("budget"),
        retention=retention,
    )


def _typed(chosen: int | None) -> str:
    return "" if chosen is None else str(chosen)


def _number(viewer: Viewer, field: str) -> int:
    text = viewer.form.get(field, "")
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise HTTPException(400)
    return int(text)


WAYS = (
    Way(path="/private", handler=_private),
    Way(path="/private/start", handler=_start_private, method="POST"),
    Way(path="/private/stop", handler=_stop_private, method="POST"),
    Way(path="/profiles", handler=_profiles),
    Way(path="/profile", handler=_profile),
    Way(path="/profiles/create", handler=_create_profile, method="POST"),
    Way(path="/profiles/switch", handler=_switch_profile, method="POST"),
    Way(path="/profiles/rename", handler=_rename_profile, method="POST"),
    Way(path="/retention", handler=_retention),
    Way(path="/retention/set", handler=_set_retention, method="POST"),
)
