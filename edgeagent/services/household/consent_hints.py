"""Hints about consent: each at most once for a profile, and computed from decisions alone.

A hint says that nobody has decided about a purpose, or that one that was granted a year ago has
served nothing since, because no purpose that needs it was granted in that time. What was watched is
not read. There are none about reports and promotions, and none for children; one switch of the
household ends them for every profile.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import HintKind, ProfileName
from edgeagent.services.context import BoxContext
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

__all__ = ["ConsentHints", "forget_hints", "move_hints"]

_STATE_NAME = "consent hints"
_CAP_BYTES = 64 * 1024
_YEAR_SECONDS = 365 * DAY_SECONDS

_SERVES: Mapping[Purpose, tuple[Purpose, ...]] = {
    Purpose.HISTORY: (Purpose.PERSONALIZATION, Purpose.REPORTING, Purpose.PROMOTION),
    Purpose.PERSONALIZATION: (Purpose.HISTORY,),
}
"""The purposes there are hints about, and those without which each serves nothing."""


class _HintsGiven(KeptMessage, frozen=True, kw_only=True):
    profiles: dict[ProfileName, tuple[str, ...]] = msgspec.field(default_factory=dict)
    off: bool = False
    """The household wants none, for whatever profile."""


class ConsentHints:
    """Decides which hints a profile may still be shown."""

    def __init__(self, box: BoxContext) -> None:
        """Decide for the profiles of ``box``."""
        self._box = box
        self._states = _states(box.home.ledger)

    def of(self, profile: str) -> dict[Purpose, HintKind]:
        """Return the hints that a profile was not shown yet; none while the time is unknown.

        Raises:
            LedgerBroken: the decisions cannot be trusted.

        """
        now = self._states.load()
        if now.off or not self._box.clock.is_known():
            return {}
        shown = now.profiles.get(profile, ())
        found = ((each, self._kind(each, profile)) for each in _SERVES if each not in shown)
        return {purpose: kind for purpose, kind in found if kind is not None}

    def are_on(self) -> bool:
        """Return whether the household wants hints."""
        return not self._states.load().off

    def switch(self, *, on: bool) -> None:
        """Give hints, or never give one again, for every profile of the box."""
        self._states.update(off=not on)

    def note_shown(self, profile: str, *purposes: Purpose) -> None:
        """Note that a profile was shown its only hint about these purposes."""

        def noted(now: _HintsGiven) -> _HintsGiven:
            own = sorted({*now.profiles.get(profile, ()), *map(str, purposes)})
            return msgspec.structs.replace(now, profiles=now.profiles | {profile: tuple(own)})

        if purposes:
            self._states.change(noted)

    def _kind(self, purpose: Purpose, profile: str) -> HintKind | None:
        state = self._box.gate.state(purpose, profile=profile)
        if state.refusal == "never_asked":
            return "undecided"
        year_ago = self._box.clock.now() - _YEAR_SECONDS
        if not state.granted or state.since is None or state.since > year_ago:
            return None
        for other in _SERVES[purpose]:
            decisions = [
                record.at
                for record in self._box.home.ledger.consents(profile)
                if record.purpose is other
            ]
            recent = bool(decisions) and max(decisions) > year_ago
            if recent or self._box.gate.holds(other, profile=profile):
                return None
        return "unused"


def move_hints(ledger: LedgerStore, name: str, new_name: str) -> None:
    """Move what a profile was shown to its new name; idempotent."""

    def moved(now: _HintsGiven) -> _HintsGiven:
        profiles = dict(now.profiles)
        if name in profiles:
            profiles[new_name] = profiles.pop(name)
        return msgspec.structs.replace(now, profiles=profiles)

    _states(ledger).change(moved)


def forget_hints(ledger: LedgerStore, name: str) -> None:
    """Forget what a former profile of a name was shown."""

    def without(now: _HintsGiven) -> _HintsGiven:
        left = {key: each for key, each in now.profiles.items() if key != name}
        return msgspec.structs.replace(now, profiles=left)

    _states(ledger).change(without)


def _states(ledger: LedgerStore) -> StateStore[_HintsGiven]:
    return StateStore(ledger, _STATE_NAME, _HintsGiven, cap_bytes=_CAP_BYTES)
