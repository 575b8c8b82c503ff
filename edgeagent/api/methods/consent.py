"""``EdgeAgent``: consent for each purpose, with its benefit and its cost to the household."""

from __future__ import annotations

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.caller import Caller
from edgeagent.api.events import CONSENT_CHANGED
from edgeagent.api.method import Event, Nothing, own
from edgeagent.api.methods.picks import ProfileParams
from edgeagent.consent import Purpose
from edgeagent.messages.answers.consent import (
    ConsentReceiptShape,
    ConsentShape,
    PurposeShape,
    TermChangeShape,
    Withdrawn,
)
from edgeagent.messages.answers.household import OfProfile
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import HintKind, LanguageCode, Pin, ProfileName
from edgeagent.services.household.signals import Signal

__all__ = ["EVENTS", "METHODS"]


class ConsentParams(ProfileParams, frozen=True, kw_only=True):
    """Profile, and language of the notice."""

    language: LanguageCode | None = None
    """Language of the notice's texts; the box's own unless given."""
    shown: bool = False
    """Whether it is on a screen: hints in the answer are not given again."""


class PurposeParams(Shape, frozen=True, kw_only=True):
    """A purpose of a profile."""

    purpose: Purpose
    """What the consent is for."""
    profile: ProfileName | None = None
    """Whose consent; the active profile's unless given."""


class GrantParams(PurposeParams, frozen=True, kw_only=True):
    """A purpose of a profile, and the language in which its notice was read."""

    language: LanguageCode | None = None
    """Language of the notice on the screen, kept in the consent record; the box's own unless
    given."""
    pin: Pin | None = None
    """Of the profile lock, where there is one."""


class HintsParams(Shape, frozen=True, kw_only=True):
    """The household's switch for hints."""

    on: bool
    """False: no profile is given one again."""


class SignalParams(Shape, frozen=True, kw_only=True):
    """A privacy signal of the platform or a browser."""

    signal: Signal
    """Which signal is on."""


def _consent(call: Call, params: ConsentParams) -> ConsentShape:
    """Return for each purpose whether a profile has granted it, with the texts of the notice."""
    profile = call.profile(params.profile)
    notice = call.agent.gate.notice(params.language)
    hints = _hints(call, profile)
    if params.shown:
        call.agent.household.hints.note_shown(profile, *hints)
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
                changes=tuple(TermChangeShape.of(change) for change in state.changes),
                hint=hints.get(state.purpose),
            )
            for state in call.agent.consent(profile)
        ),
        hints_on=call.agent.household.hints.are_on() if call.state.config.consent_hints else None,
    )


def _hints(call: Call, profile: str) -> dict[Purpose, HintKind]:
    household = call.agent.household
    if not call.state.config.consent_hints or not household.may_consent(profile):
        return {}
    return household.hints.of(profile)


def _grant(call: Call, params: GrantParams) -> ConsentShape:
    """Grant a purpose for a profile; in effect when the answer arrives."""
    with notifying_of_changes(call):
        call.agent.grant(
            params.purpose,
            profile=call.profile(params.profile),
            language=params.language,
            pin=params.pin,
        )
    return _consent(call, ConsentParams(profile=params.profile, language=params.language))


def _withdraw(call: Call, params: PurposeParams) -> ConsentShape:
    """Withdraw a purpose; data kept on its basis is deleted when the answer arrives."""
    call.playbacks.forget_all()
    profile = call.profile(params.profile)
    with notifying_of_changes(call):
        call.agent.withdraw(params.purpose, profile=profile)
    call.notify_of_withdrawal(params.purpose, profile)
    return _consent(call, ConsentParams(profile=params.profile))


def _switch_off(call: Call, params: Nothing) -> Withdrawn:
    """Withdraw every purpose of every profile; what was kept on their basis is deleted."""
    del params
    call.playbacks.forget_all()
    with notifying_of_changes(call):
        records = call.agent.household.switch_everything_off()
    for record in records:
        call.notify_of_withdrawal(record.purpose, record.profile)
    return Withdrawn(withdrawn=len(records))


def _set_hints(call: Call, params: HintsParams) -> None:
    """Give hints about consent, or never one again, for every profile of the box."""
    call.agent.household.hints.switch(on=params.on)


def _apply_signal(call: Call, params: SignalParams) -> Withdrawn:
    """Apply a privacy signal to all profiles: it withdraws consents and never grants any."""
    with notifying_of_changes(call):
        records = call.agent.apply_signal(params.signal)
    return Withdrawn(withdrawn=len(records))


def _receipt(call: Call, params: ProfileParams) -> ConsentReceiptShape:
    """Return all consent decisions of a profile, or of all, as an ISO/IEC TS 27560 receipt."""
    receipt = call.agent.consent_receipt(params.profile)
    return ConsentReceiptShape.of(receipt)


METHODS = (
    own("consent", _consent, ConsentParams, result_name="consent"),
    own("grant", _grant, GrantParams, result_name="consent"),
    own("withdraw", _withdraw, PurposeParams, result_name="consent"),
    own("switchOff", _switch_off, Nothing, result_name="withdrawn"),
    own("setConsentHints", _set_hints, HintsParams),
    own("applySignal", _apply_signal, SignalParams, caller=Caller.APP),
    own("consentReceipt", _receipt, ProfileParams, result_name="receipt"),
)
EVENTS = (
    Event(
        name=CONSENT_CHANGED,
        caller=Caller.MANAGE,
        summary="A purpose was granted or withdrawn, or another profile became active.",
        value=OfProfile,
    ),
)
