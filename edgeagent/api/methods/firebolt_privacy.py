"""Firebolt ``Privacy``, ``Advertising.policy``, which follows from it, and ``Profile.flags``.

Each privacy flag has a getter, a setter and an event, and one getter returns all of them.

Every local client may set a flag to false; only a manager may set one to true. Where there is a
profile lock, true takes its PIN; a setter without it fails with a code of its own, -40100, upon
which a platform shows its form for the PIN and sets the flag again with it.
"""

from __future__ import annotations

from collections.abc import Callable

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.caller import Caller
from edgeagent.api.events import AD_POLICY_CHANGED, event_of_flag
from edgeagent.api.method import Event, Loose, Method, Nothing, for_apps
from edgeagent.api.switches import AdPolicy, ad_policy
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired
from edgeagent.messages.fields import Pin
from edgeagent.services.household.privacy_flags import AD_FLAGS, FLAGS, PURPOSE_OF

__all__ = ["EVENTS", "METHODS", "Switch"]


class Switch(Loose, frozen=True, kw_only=True):
    """A new value of a flag."""

    value: bool
    """True only from a manager."""
    pin: Pin | None = None
    """Of the profile lock, where there is one and the value is true; not part of Firebolt."""


def _meaning(flag: str) -> str:
    if flag in PURPOSE_OF:
        return f"whether the purpose {PURPOSE_OF[flag]} is granted"
    if flag in AD_FLAGS:
        return "one of the three flags that together grant the purpose promotion"
    return "kept for the platform; it permits nothing that this agent does"


def _getter(flag: str) -> Method:
    def run(call: Call, params: object) -> bool:
        del params
        return call.agent.household.flags.all(call.profile())[flag]

    run.__doc__ = f"Return the privacy flag {flag}: {_meaning(flag)}."
    return for_apps(f"Privacy.{flag}", run, Nothing, result_name="allow")


def _setter(flag: str) -> Method:
    def run(call: Call, params: Switch) -> None:
        agent, profile = call.agent, call.profile()
        with notifying_of_changes(call):
            if not params.value:
                agent.household.flags.narrow(flag, profile, withdraw=_withdrawing(call))
            elif call.caller < Caller.MANAGE:
                raise ConsentRequired(
                    f"{flag}: an app may only switch this off",
                    hint="the household switches it on, in the privacy settings of the box",
                )
            else:
                agent.household.widen_flag(flag, profile, pin=params.pin)
        if (event_of_flag(flag), params.value) not in call.events:
            call.emit(event_of_flag(flag), params.value)  # also when nothing changed

    run.__doc__ = f"Set the privacy flag {flag}; only a manager may set it to true."
    name = f"Privacy.set{flag[0].upper()}{flag[1:]}"
    return for_apps(name, run, Switch)


def _withdrawing(call: Call) -> Callable[[Purpose, str], object]:
    by_signal = call.caller < Caller.MANAGE
    call.playbacks.forget_all()

    def withdraw(purpose: Purpose, profile: str) -> None:
        call.agent.withdraw(purpose, profile=profile, by_signal=by_signal)
        call.notify_of_withdrawal(purpose, profile)

    return withdraw


def _settings(call: Call, params: object) -> dict[str, bool]:
    """Return all privacy flags of the active profile."""
    del params
    return call.agent.household.flags.all(call.profile())


def _policy(call: Call, params: object) -> AdPolicy:
    """Return how apps must handle advertisements; tracking is limited until it is allowed."""
    del params
    return ad_policy(call.agent, call.profile())


def _platform_flags(call: Call, params: object) -> dict[str, str | float | bool]:
    """Return ``profile_flags`` of the settings; they never depend on what was watched."""
    del params
    return dict(call.state.config.service.profile_flags)


METHODS = (
    *(_getter(flag) for flag in FLAGS),
    *(_setter(flag) for flag in FLAGS),
    for_apps("Privacy.settings", _settings, Nothing, result_name="settings"),
    for_apps("Advertising.policy", _policy, Nothing, result_name="adPolicy"),
    for_apps("Profile.flags", _platform_flags, Nothing, result_name="flags"),
)
EVENTS = (
    *(
        Event(
            name=event_of_flag(flag),
            caller=Caller.APP,
            summary=f"The privacy flag {flag} was set, or a change of consent has changed it.",
            value=bool,
        )
        for flag in FLAGS
    ),
    Event(
        name=AD_POLICY_CHANGED,
        caller=Caller.APP,
        summary="``Advertising.policy`` has another value.",
        value=AdPolicy,
    ),
)
