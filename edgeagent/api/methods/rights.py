"""``EdgeAgent``: the rights to data portability and to erasure."""

from __future__ import annotations

from typing import Literal

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.method import Nothing, own
from edgeagent.api.methods.household import emit_profiles
from edgeagent.errors import InputError
from edgeagent.messages.answers.rights import EraseShape, ReceiptOfErasure
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import ErasureReason, Pin, ProfileName
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.export_format import BoxExport

__all__ = ["METHODS"]


class EraseParams(Shape, frozen=True, kw_only=True):
    """What to erase, and in the second call the confirmation."""

    scope: Literal["history", "profile", "all"]
    """``history``: viewings, picks and marks; ``profile``: a profile with everything of it;
    ``all``: the whole box with its keys."""
    profile: ProfileName | None = None
    """Whose. Unless given: of all profiles for ``history``, the active one for ``profile``. Refused
    for ``all``."""
    reason: ErasureReason = "user_request"
    """Kept in the receipt."""
    confirm: str | None = None
    """``confirm`` of the first call's answer; null asks for one."""
    pin: Pin | None = None
    """Of the profile lock, where there is one, in the second call for ``profile``."""


def _export(call: Call, params: Nothing) -> BoxExport:
    """Return all data kept about the household, in the format of 'edgeagent export'."""
    del params
    call.agent.store_showings()
    return call.agent.portability.export()


def _erase(call: Call, params: EraseParams) -> EraseShape:
    """Erase in two steps: the first call returns a confirmation, the second needs it in 2 min."""
    if params.scope == "all" and params.profile is not None:
        raise InputError("scope all takes no profile", hint="scope profile erases one")
    profile = call.profile(params.profile) if params.scope == "profile" else params.profile
    if profile is not None:
        call.agent.household.require(profile)
    erases = _in_words(params.scope, profile)
    action = f"{params.scope} {profile} {params.reason}"
    if params.confirm is None:
        return EraseShape(
            confirm=call.state.confirmations.ask(action),
            wait_seconds=call.agent.household.lock.countdown() if params.scope == "all" else 0,
            erases=erases,
            receipt=None,
        )
    with call.state.confirmations.used(action, params.confirm):
        receipt = _carry_out(call, params, profile)
    left = [found.name for found in call.agent.household.profiles()]
    call.notify_of_history(*(left if profile is None else [profile]))
    if params.scope != "history":
        emit_profiles(call)
    shape = ReceiptOfErasure.of(receipt)
    return EraseShape(confirm=None, wait_seconds=0, erases=erases, receipt=shape)


def _carry_out(call: Call, params: EraseParams, profile: str | None) -> ErasureReceipt:
    if params.scope == "all":
        call.agent.household.lock.require_countdown()
    call.playbacks.forget_all()
    with notifying_of_changes(call):
        if params.scope == "all":
            return call.state.erase_box(params.reason)
        if params.scope == "history":
            return call.agent.erasure.erase_history(profile=profile, reason=params.reason)
        return call.agent.erasure.erase_profile(
            profile or call.profile(), reason=params.reason, pin=params.pin
        )


def _in_words(scope: str, profile: str | None) -> str:
    if scope == "all":
        return "everything in this box: viewings, marks, profiles, consents, records and keys"
    if scope == "profile":
        return f"profile {profile} with everything of it"
    return f"everything watched by {profile or 'all profiles'}"


METHODS = (
    own("export", _export, Nothing, result_name="export", mode="slow"),
    own("erase", _erase, EraseParams, result_name="erasure", mode="alone"),
)
