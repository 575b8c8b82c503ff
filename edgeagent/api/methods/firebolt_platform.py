"""Firebolt ``Advertising.policy`` and ``Profile.flags``."""

from __future__ import annotations

from edgeagent.api.call import Call
from edgeagent.api.caller import Caller
from edgeagent.api.events import AD_POLICY_CHANGED
from edgeagent.api.method import Event, Nothing, for_apps
from edgeagent.api.switches import AdPolicy, ad_policy

__all__ = ["EVENTS", "METHODS"]


def _policy(call: Call, params: object) -> AdPolicy:
    """Return how advertisements are to be handled; tracking is limited until it is allowed."""
    del params
    return ad_policy(call.agent, call.profile())


def _flags(call: Call, params: object) -> dict[str, str | float | bool]:
    """Return the flags that the platform has set; nothing in them comes from what was watched."""
    del params
    return dict(call.state.config.service.profile_flags)


METHODS = (
    for_apps("Advertising.policy", _policy, Nothing, result_name="adPolicy"),
    for_apps("Profile.flags", _flags, Nothing, result_name="flags"),
)
EVENTS = (
    Event(
        name=AD_POLICY_CHANGED,
        caller=Caller.APP,
        summary="How advertisements are to be handled has changed.",
        value=AdPolicy,
    ),
)
