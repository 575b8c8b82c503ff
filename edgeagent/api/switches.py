"""A snapshot of consents, flags and policies, and the events that tell of a difference.

The snapshot also holds the reports that a deletion has called off: a subscriber that shows waiting
reports must remove them, whichever process deleted. And it tells a quarter's page that is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from edgeagent.agent import Agent
from edgeagent.api.events import (
    AD_POLICY_CHANGED,
    CONSENT_CHANGED,
    DISCLOSURES_CHANGED,
    DISCOVERY_POLICY_CHANGED,
    QUARTER_ENDED,
    event_of_flag,
)
from edgeagent.consent import Purpose
from edgeagent.messages.answers.household import OfProfile
from edgeagent.messages.codec import Shape

__all__ = [
    "AdPolicy",
    "DiscoveryPolicy",
    "Switches",
    "ad_policy",
    "changes",
    "discovery_policy",
    "switches",
]


class DiscoveryPolicy(Shape, frozen=True, kw_only=True):
    """What apps may rely on when they report viewings of the active profile."""

    enable_recommendations: bool
    """Whether titles are recommended: the purpose personalization."""
    share_watch_history: bool
    """Whether viewings are stored: the purpose history."""
    remember_watched_programs: bool
    """The same; Firebolt has two names for it."""


class AdPolicy(Shape, frozen=True, kw_only=True):
    """What apps must follow when they show advertisements."""

    skip_restriction: Literal["none"] = "none"
    """This agent restricts no skipping."""
    limit_ad_tracking: bool
    """True until the purpose promotion is granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Everything that has an event, for the active profile."""

    called_off: frozenset[str]
    """Ids of reports."""
    profile: str
    flags: dict[str, bool]
    granted: tuple[str, ...]
    discovery: DiscoveryPolicy
    advertising: AdPolicy
    quarter_is_new: bool


def discovery_policy(agent: Agent, profile: str) -> DiscoveryPolicy:
    """Return what ``Discovery.policy`` answers for a profile."""
    history = agent.gate.holds(Purpose.HISTORY, profile=profile)
    return DiscoveryPolicy(
        enable_recommendations=agent.gate.holds(Purpose.PERSONALIZATION, profile=profile),
        share_watch_history=history,
        remember_watched_programs=history,
    )


def ad_policy(agent: Agent, profile: str) -> AdPolicy:
    """Return what ``Advertising.policy`` answers for a profile."""
    allowed = agent.gate.holds(Purpose.PROMOTION, profile=profile)
    return AdPolicy(limit_ad_tracking=not allowed)


def switches(agent: Agent) -> Switches:
    """Return the snapshot of now."""
    profile = agent.household.active
    return Switches(
        called_off=agent.reports.called_off(),
        profile=profile,
        flags=agent.household.flags.all(profile),
        granted=tuple(state.purpose for state in agent.consent(profile) if state.granted),
        discovery=discovery_policy(agent, profile),
        advertising=ad_policy(agent, profile),
        quarter_is_new=agent.reports.quarter_pages.is_new(),
    )


def changes(before: Switches, after: Switches) -> Iterator[tuple[str, object]]:
    """Yield the events for the differences of two snapshots."""
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
    if after.quarter_is_new and not before.quarter_is_new:
        yield QUARTER_ENDED, None
