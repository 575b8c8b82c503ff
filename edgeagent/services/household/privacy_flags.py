"""Firebolt's twelve privacy flags over our four purposes.

``allowWatchHistory`` is ``history``, ``allowPersonalization`` is ``personalization``,
``allowProductAnalytics`` is ``reporting``. The three ad-targeting flags together are ``promotion``:
it is granted while all three are on, and withdrawn when any is set to false. The other six concern
parts of the platform that this agent does not implement; their values are stored and returned, and
all start as false.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import ProfileName
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

__all__ = [
    "AD_FLAGS",
    "FLAGS",
    "PURPOSE_OF",
    "PrivacyFlags",
    "clear_flags",
    "forget_flags",
    "move_flags",
]

PURPOSE_OF = {
    "allowWatchHistory": Purpose.HISTORY,
    "allowPersonalization": Purpose.PERSONALIZATION,
    "allowProductAnalytics": Purpose.REPORTING,
}
AD_FLAGS = (
    "allowPrimaryContentAdTargeting",
    "allowPrimaryBrowseAdTargeting",
    "allowAppContentAdTargeting",
)
_REMEMBERED = (
    "allowResumePoints",
    "allowUnentitledResumePoints",
    "allowUnentitledPersonalization",
    "allowRemoteDiagnostics",
    "allowACRCollection",
    "allowCameraAnalytics",
)
FLAGS = tuple(sorted((*PURPOSE_OF, *AD_FLAGS, *_REMEMBERED)))

_STATE_NAME = "privacy flags"
_CAP_BYTES = 64 * 1024

Decide = Callable[[Purpose, str], object]
"""Grants or withdraws a purpose for a profile."""


class _Remembered(KeptMessage, frozen=True, kw_only=True):
    """The flags set to true for one profile that do not follow from a purpose."""

    on: Annotated[tuple[str, ...], Meta(max_length=12)]
    decisions: int
    """Number of decisions about ``promotion`` when the flags were stored; a decision made through
    another interface makes them invalid."""


class _State(KeptMessage, frozen=True, kw_only=True):
    """The stored flags, by profile."""

    profiles: dict[ProfileName, _Remembered] = msgspec.field(default_factory=dict)


class PrivacyFlags:
    """Reads and sets the flags of a profile."""

    def __init__(self, ledger: LedgerStore, *, gate: ConsentGate) -> None:
        """Store the flags that are not purposes in ``ledger``."""
        self._ledger = ledger
        self._gate = gate
        self._states = _states(ledger)

    def all(self, profile: str) -> dict[str, bool]:
        """Return every flag of a profile."""
        on = self._on(profile)
        return {flag: flag in on for flag in FLAGS}

    def narrow(self, flag: str, profile: str, *, withdraw: Decide) -> None:
        """Set a flag to false; what depended on it is deleted before this returns."""
        _known(flag)
        on = self._on(profile) - {flag}
        purpose = Purpose.PROMOTION if flag in AD_FLAGS else PURPOSE_OF.get(flag)
        if purpose is not None and self._gate.holds(purpose, profile=profile):
            withdraw(purpose, profile)
        self._remember(profile, on)

    def widen(self, flag: str, profile: str, *, grant: Decide) -> None:
        """Set a flag to true and grant the purpose behind it."""
        _known(flag)
        on = self._on(profile) | {flag}
        if flag in PURPOSE_OF:
            grant(PURPOSE_OF[flag], profile)
        elif on >= set(AD_FLAGS) and not self._gate.holds(Purpose.PROMOTION, profile=profile):
            grant(Purpose.PROMOTION, profile)
        self._remember(profile, on)

    def _on(self, profile: str) -> set[str]:
        remembered = self._states.load().profiles.get(profile)
        on = set() if remembered is None else set(remembered.on)
        if remembered is not None and remembered.decisions != self._decisions(profile):
            on -= set(AD_FLAGS)
        if self._gate.holds(Purpose.PROMOTION, profile=profile):
            on |= set(AD_FLAGS)
        return on | {
            flag
            for flag, purpose in PURPOSE_OF.items()
            if self._gate.holds(purpose, profile=profile)
        }

    def _remember(self, profile: str, on: set[str]) -> None:
        own = _Remembered(
            on=tuple(sorted(on - set(PURPOSE_OF))), decisions=self._decisions(profile)
        )
        if self._states.load().profiles.get(profile) != own:
            self._states.change(lambda now: _State(profiles=now.profiles | {profile: own}))

    def _decisions(self, profile: str) -> int:
        records = self._ledger.consents(profile)
        return sum(record.purpose is Purpose.PROMOTION for record in records)


def move_flags(ledger: LedgerStore, name: str, new_name: str) -> None:
    """Move a profile's flags to its new name; idempotent."""

    def moved(now: _State) -> _State:
        profiles = dict(now.profiles)
        if name in profiles:
            profiles[new_name] = profiles.pop(name)
        return _State(profiles=profiles)

    _states(ledger).change(moved)


def forget_flags(ledger: LedgerStore, name: str) -> None:
    """Delete the flags of a name: a new profile of that name starts with all flags false."""

    def without(now: _State) -> _State:
        return _State(profiles={key: on for key, on in now.profiles.items() if key != name})

    _states(ledger).change(without)


def clear_flags(ledger: LedgerStore) -> None:
    """Set every flag that is stored here to false, for every profile."""
    _states(ledger).change(lambda _: _State())


def _states(ledger: LedgerStore) -> StateStore[_State]:
    return StateStore(ledger, _STATE_NAME, _State, cap_bytes=_CAP_BYTES)


def _known(flag: str) -> None:
    if flag not in FLAGS:
        raise InputError(f"there is no privacy flag {flag!r}", hint=f"one of {', '.join(FLAGS)}")
