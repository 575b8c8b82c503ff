"""``EdgeAgent``: take everything out, and erase it."""

from __future__ import annotations

from typing import Literal

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.method import Nothing, own
from edgeagent.api.methods.household import emit_profiles
from edgeagent.errors import InputError
from edgeagent.messages.answers.rights import EraseShape, ReceiptOfErasure
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import ErasureReason, ProfileName
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.export_format import BoxExport

__all__ = ["METHODS"]


class EraseParams(Shape, frozen=True, kw_only=True):
    """What to erase, and, the second time, the confirmation."""

    scope: Literal["history", "profile", "all"]
    profile: ProfileName | None = None
    """Whose; history: everybody's, profile: the active one's."""
    reason: ErasureReason = "user_request"
    confirm: str | None = None
    """What the first call answered."""


def _export(call: Call, params: Nothing) -> BoxExport:
    """Return everything this box keeps about its household, as 'edgeagent export' writes it."""
    del params
    return call.agent.portability.export()


def _erase(call: Call, params: EraseParams) -> EraseShape:
    """Erase, in two steps: call once for a confirmation, and again with it within two minutes."""
    if params.scope == "all" and params.profile is not None:
        raise InputError("scope all knows no profile", hint="scope profile erases one")
    profile = call.profile(params.profile) if params.scope == "profile" else params.profile
    if profile is not None:
        call.agent.household.require(profile)
    erases = _in_words(params.scope, profile)
    action = f"{params.scope} {profile} {params.reason}"
    if params.confirm is None:
        return EraseShape(confirm=call.state.confirmations.ask(action), erases=erases, receipt=None)
    call.state.confirmations.require(action, params.confirm)
    receipt = _carry_out(call, params, profile)
    left = [found.name for found in call.agent.household.profiles()]
    call.notify_of_history(*(left if profile is None else [profile]))
    if params.scope != "history":
        emit_profiles(call)
    shape = ReceiptOfErasure.of(receipt)
    return EraseShape(confirm=None, erases=erases, receipt=shape)


def _carry_out(call: Call, params: EraseParams, profile: str | None) -> ErasureReceipt:
    call.playbacks.forget_all()
    with notifying_of_changes(call):
        if params.scope == "all":
            return call.state.erase_box(params.reason)
        if params.scope == "history":
            return call.agent.erasure.erase_history(profile=profile, reason=params.reason)
        return call.agent.erasure.erase_profile(profile or call.profile(), reason=params.reason)


def _in_words(scope: str, profile: str | None) -> str:
    if scope == "all":
        return "everything in this box: viewings, marks, profiles, consents, records and keys"
    if scope == "profile":
        return f"profile {profile} with everything of it"
    return f"everything watched by {profile or 'everybody'}"


METHODS = (
    own("export", _export, Nothing, result_name="export", mode="slow"),
    own("erase", _erase, EraseParams, result_name="erasure", mode="alone"),
)
