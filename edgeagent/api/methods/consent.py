"""``EdgeAgent``: consent, purpose by purpose, with what each gives and takes."""

from __future__ import annotations

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.caller import Caller
from edgeagent.api.events import CONSENT_CHANGED
from edgeagent.api.method import Event, own
from edgeagent.api.methods.picks import ProfileParams
from edgeagent.consent import Purpose
from edgeagent.messages.answers.consent import (
    ConsentReceiptShape,
    ConsentShape,
    PurposeShape,
    Withdrawn,
)
from edgeagent.messages.answers.household import OfProfile
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import LanguageCode, ProfileName
from edgeagent.notices import load_notice
from edgeagent.services.household.signals import Signal

__all__ = ["EVENTS", "METHODS"]


class ConsentParams(ProfileParams, frozen=True, kw_only=True):
    """For whom, and in which language to say it."""

    language: LanguageCode | None = None
    """The box's own unless given."""


class PurposeParams(Shape, frozen=True, kw_only=True):
    """Which purpose, for whom."""

    purpose: Purpose
    profile: ProfileName | None = None


class GrantParams(PurposeParams, frozen=True, kw_only=True):
    """Which purpose, for whom, and which text was read."""

    language: LanguageCode | None = None
    """Of the notice on the screen, which the record names; the box's own unless given."""


class SignalParams(Shape, frozen=True, kw_only=True):
    """What a platform says on behalf of the household."""

    signal: Signal


def _consent(call: Call, params: ConsentParams) -> ConsentShape:
    """Return how each purpose stands for a profile, with what it gives and takes."""
    profile = call.profile(params.profile)
    notice = load_notice(params.language or call.state.config.language)
    return ConsentShape(
        profile=profile,
        notice_version=notice.version,
        language=notice.language,
        may_consent=call.agent.household.may_consent(profile),
        purposes=tuple(
            PurposeShape(
                purpose=state.purpose,
                title=notice.purposes[state.purpose].title,
                text=notice.purposes[state.purpose].text,
                gives=notice.purposes[state.purpose].gives,
                takes=notice.purposes[state.purpose].takes,
                granted=state.granted,
                since=state.since,
                expires_at=state.expires_at,
                refusal=state.refusal,
                reason=state.reason,
            )
            for state in call.agent.consent(profile)
        ),
    )


def _grant(call: Call, params: GrantParams) -> ConsentShape:
    """Allow a purpose for a profile, effective before this returns."""
    with notifying_of_changes(call):
        call.agent.grant(
            params.purpose, profile=call.profile(params.profile), language=params.language
        )
    return _consent(call, ConsentParams(profile=params.profile, language=params.language))


def _withdraw(call: Call, params: PurposeParams) -> ConsentShape:
    """Withdraw a purpose; what rested on it is gone when this returns."""
    call.playbacks.forget_all()
    profile = call.profile(params.profile)
    with notifying_of_changes(call):
        call.agent.withdraw(params.purpose, profile=profile)
    call.notify_of_withdrawal(params.purpose, profile)
    return _consent(call, ConsentParams(profile=params.profile))


def _apply_signal(call: Call, params: SignalParams) -> Withdrawn:
    """Apply a signal from outside, for all profiles; it withdraws and never grants."""
    with notifying_of_changes(call):
        records = call.agent.apply_signal(params.signal)
    return Withdrawn(withdrawn=len(records))


def _receipt(call: Call, params: ProfileParams) -> ConsentReceiptShape:
    """Return every decision of a profile, or of all, with the fields of ISO/IEC TS 27560."""
    receipt = call.agent.consent_receipt(params.profile)
    return ConsentReceiptShape.of(receipt)


METHODS = (
    own("consent", _consent, ConsentParams, result_name="consent"),
    own("grant", _grant, GrantParams, result_name="consent"),
    own("withdraw", _withdraw, PurposeParams, result_name="consent"),
    own("applySignal", _apply_signal, SignalParams, caller=Caller.APP),
    own("consentReceipt", _receipt, ProfileParams, result_name="receipt"),
)
EVENTS = (
    Event(
        name=CONSENT_CHANGED,
        caller=Caller.MANAGE,
        summary="A purpose was granted or withdrawn, or another profile is watching.",
        value=OfProfile,
    ),
)
