"""Firebolt's twelve privacy flags over our four purposes.

``allowWatchHistory`` is ``history``, ``allowPersonalization`` is ``personalization``,
``allowProductAnalytics`` is ``reporting``. The three ad-targeting flags together are ``promotion``:
it is granted while all three are on, and withdrawn when any goes off. The other six belong to parts
of a platform that this agent is not; they are remembered for whoever asks, and all start off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.messages.fields import ProfileName
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.store import LedgerStore

__all__ = ["AD_FLAGS", "FLAGS", "PURPOSE_OF", "PrivacyFlags"]

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


class _State(Message, frozen=True, kw_only=True):
    """Flags that are on and are not a purpose's own, by profile."""

    on: dict[ProfileName, Annotated[tuple[str, ...], Meta(max_length=12)]] = msgspec.field(
        default_factory=dict
    )


class PrivacyFlags:
    """Reads and sets the flags of a profile."""

    def __init__(self, ledger: LedgerStore, *, gate: ConsentGate) -> None:
        """Remember what is no purpose in ``ledger``."""
        self._ledger = ledger
        self._gate = gate

    def all(self, profile: str) -> dict[str, bool]:
        """Return every flag of a profile."""
        on = self._on(profile)
        return {flag: flag in on for flag in FLAGS}

    def narrow(self, flag: str, profile: str, *, withdraw: Decide) -> None:
        """Set a flag to false; whatever rested on it is undone before this returns."""
        _known(flag)
        on = self._on(profile) - {flag}
        purpose = Purpose.PROMOTION if flag in AD_FLAGS else PURPOSE_OF.get(flag)
        self._remember(profile, on)
        if purpose is not None and self._gate.holds(purpose, profile=profile):
            withdraw(purpose, profile)

    def widen(self, flag: str, profile: str, *, grant: Decide) -> None:
        """Set a flag to true; the purpose behind it is granted."""
        _known(flag)
        on = self._on(profile) | {flag}
        if flag in PURPOSE_OF:
            grant(PURPOSE_OF[flag], profile)
            return
        if on >= set(AD_FLAGS) and not self._gate.holds(Purpose.PROMOTION, profile=profile):
            grant(Purpose.PROMOTION, profile)
        self._remember(profile, on)

    def forget(self, profile: str) -> None:
        """Forget what was remembered for a profile that is gone."""
        self._remember(profile, set())

    def _on(self, profile: str) -> set[str]:
        on = set(self._state().on.get(profile, ()))
        on |= {
            flag
            for flag, purpose in PURPOSE_OF.items()
            if self._gate.holds(purpose, profile=profile)
        }
        if self._gate.holds(Purpose.PROMOTION, profile=profile):
            on |= set(AD_FLAGS)
        elif on >= set(AD_FLAGS):
            on -= set(AD_FLAGS)  # withdrawn by another way than a flag
        return on

    def _remember(self, profile: str, on: set[str]) -> None:
        others = {name: flags for name, flags in self._state().on.items() if name != profile}
        own = tuple(sorted(on - set(PURPOSE_OF)))
        state = _State(on=others | ({profile: own} if own else {}))
        if state != self._state():
            self._ledger.set_state(_STATE_NAME, canonical_bytes(state))

    def _state(self) -> _State:
        data = self._ledger.state(_STATE_NAME)
        return _State() if data is None else decode(data, _State, cap_bytes=_CAP_BYTES)


def _known(flag: str) -> None:
    if flag not in FLAGS:
        raise InputError(f"there is no privacy flag {flag!r}", hint=f"one of {', '.join(FLAGS)}")
