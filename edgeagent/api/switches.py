"""How the household has set everything, and what tells listeners of a difference.

With the settings goes what an act of deletion calls off: whoever shows what waits is to show it no
more, whichever process deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeagent.agent import Agent
from edgeagent.api.events import (
    AD_POLICY_CHANGED,
    CONSENT_CHANGED,
    DISCLOSURES_CHANGED,
    DISCOVERY_POLICY_CHANGED,
    event_of_flag,
)
from edgeagent.consent import Purpose
from edgeagent.messages.answers.household import OfProfile

__all__ = [
    "AdPolicy",
    "DiscoveryPolicy",
    "Switches",
    "ad_policy",
    "changes",
    "discovery_policy",
    "switches",
]

DiscoveryPolicy = dict[str, bool]
AdPolicy = dict[str, bool | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How everything stands for the active profile."""

    called_off: frozenset[str]
    """Reports."""
    profile: str
    flags: dict[str, bool]
    granted: tuple[str, ...]
    discovery: DiscoveryPolicy
    advertising: AdPolicy


def discovery_policy(agent: Agent, profile: str) -> DiscoveryPolicy:
    """Return what apps may rely on when they tell what was watched."""
    history = agent.gate.holds(Purpose.HISTORY, profile=profile)
    return {
        "enableRecommendations": agent.gate.holds(Purpose.PERSONALIZATION, profile=profile),
        "shareWatchHistory": history,
        "rememberWatchedPrograms": history,
    }


def ad_policy(agent: Agent, profile: str) -> AdPolicy:
    """Return what apps have to follow when they show advertisements."""
    allowed = agent.gate.holds(Purpose.PROMOTION, profile=profile)
    return {"skipRestriction": "none", "limitAdTracking": not allowed}


def switches(agent: Agent) -> Switches:
    """Return how everything stands for the active profile."""
    profile = agent.household.active
    return Switches(
        called_off=agent.reports.called_off(),
        profile=profile,
        flags=agent.household.flags.all(profile),
        granted=tuple(state.purpose for state in agent.consent(profile) if state.granted),
        discovery=discovery_policy(agent, profile),
        advertising=ad_policy(agent, profile),
    )


def changes(before: Switches, after: Switches) -> Iterator[tuple[str, object]]:
    """Yield the events that tell of a difference."""
    for flag, value in after.flags.items():
        if before.flags[flag] != value:
            yield event_of_flag(flag), value
    if before.discovery != after.discovery:
        yield DISCOVERY_POLICY_CHANGED, after.discovery
    if before.advertising != after.advertising:
        yield AD_POLICY_CHANGED, after.advertising
    if (before.profile, before.granted) != (after.profile, after.granted):
        yield CONSENT_CHANGED, OfProfile(profile=after.profile)
    if after.called_off - before.called_off:
        yield DISCLOSURES_CHANGED, None
