"""Names of the events that more than one module publishes or declares."""

from __future__ import annotations

from edgeagent.messages.answers.household import OfProfile

__all__ = [
    "AD_POLICY_CHANGED",
    "CONSENT_CHANGED",
    "DISCLOSURES_CHANGED",
    "DISCOVERY_POLICY_CHANGED",
    "HISTORY_CHANGED",
    "MODEL_CHANGED",
    "PICKS_CHANGED",
    "PRIVATE_SESSION_CHANGED",
    "PROFILES_CHANGED",
    "QUARTER_ENDED",
    "event_of_flag",
    "history_changed",
]

AD_POLICY_CHANGED = "Advertising.onPolicyChanged"
CONSENT_CHANGED = "EdgeAgent.onConsentChanged"
DISCLOSURES_CHANGED = "EdgeAgent.onDisclosuresChanged"
DISCOVERY_POLICY_CHANGED = "Discovery.onPolicyChanged"
HISTORY_CHANGED = "EdgeAgent.onHistoryChanged"
MODEL_CHANGED = "EdgeAgent.onModelChanged"
PICKS_CHANGED = "EdgeAgent.onPicksChanged"
PRIVATE_SESSION_CHANGED = "EdgeAgent.onPrivateSessionChanged"
PROFILES_CHANGED = "EdgeAgent.onProfilesChanged"
QUARTER_ENDED = "EdgeAgent.onQuarterEnded"


def event_of_flag(flag: str) -> str:
    """Return the name of a privacy flag's event."""
    return f"Privacy.on{flag[0].upper()}{flag[1:]}Changed"


def history_changed(profile: str) -> tuple[str, object]:
    """Return name and value of the event that viewings or marks of a profile have changed."""
    return HISTORY_CHANGED, OfProfile(profile=profile)
