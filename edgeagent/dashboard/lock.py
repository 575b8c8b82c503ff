"""The profile lock: whether there is a PIN, another one, or none."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.box_client import Refused
from edgeagent.dashboard.page_request import PIN, PageRequest, Route
from edgeagent.errors import ProfileLocked, WrongPin
from edgeagent.messages.answers.household import ProfileLockShape

__all__ = ["ROUTES"]


async def _lock(request: PageRequest) -> Response:
    return await _page(request)


async def _page(request: PageRequest, error: str = "") -> Response:
    lock = await request.ask("profileLock", ProfileLockShape)
    return await request.page("lock", back="/profiles", lock=lock, error=error)


async def _set(request: PageRequest) -> Response:
    """Set a PIN; what was typed is on no page that comes back."""
    new_pin = request.form.get("new_pin", "")
    if not PIN.fullmatch(new_pin):
        return await _page(request, "digits")
    if request.form.get("again") != new_pin:
        return await _page(request, "differ")
    try:
        await request.tell("setProfileLock", newPin=new_pin, pin=request.pin)
    except Refused as refused:
        if not isinstance(refused.error, ProfileLocked):
            raise
        return await _page(request, "wrong" if isinstance(refused.error, WrongPin) else "")
    return request.go("/lock", done="lock_set")


async def _remove(request: PageRequest) -> Response:
    await request.tell("setProfileLock", newPin=None, pin=request.pin)
    return request.go("/lock", done="lock_removed")


ROUTES = (
    Route(path="/lock", handler=_lock),
    Route(path="/lock/set", handler=_set, method="POST"),
    Route(path="/lock/remove", handler=_remove, method="POST"),
)
