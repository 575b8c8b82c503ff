"""Erase: delete, move what remains under a new data key, destroy the old one, and say so.

``history`` and ``profile`` note in the ledger what they are about to do before anything else, so
that the next start goes on where the power went, or where another process stood in the way. Each
note has its own place in the ledger's chain: what is newer stays, however late it is carried out,
and several that wait are carried out in their order. For the whole box see ``erasure_of_box``.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from edgeagent.clock import Clock
from edgeagent.errors import LedgerBroken, StorageError
from edgeagent.messages.codec import KeptMessage, Message, canonical_bytes, checked, decode
from edgeagent.messages.fields import MAIN_PROFILE, ErasureReason, ProfileName, Seconds
from edgeagent.services.household.profiles import (
    HouseholdState,
    HouseholdStateStore,
    withdrawals,
)
from edgeagent.store import EVERYTHING, HistoryStore, Home, Reach
from edgeagent.store.rekey import Step

__all__ = [
    "REASONS",
    "Erasure",
    "ErasureReceipt",
]

REASONS: tuple[ErasureReason, ...] = get_args(ErasureReason)

_CAP_BYTES = 4096
_DELETED = "empty the log"
_LAST = "forget the intent"
_DEBITS = "debits of reports, also of those called off"
_COPIES = (
    "the old data key is destroyed; a copy of the home made earlier, with its key files, "
    "opens on this box"
)


class ErasureReceipt(Message, frozen=True, kw_only=True):
    """What was erased; holds nothing of what it was."""

    scope: Literal["history", "profile", "all"]
    reason: ErasureReason
    at: Seconds
    data_keys_destroyed: bool
    key_encryption_key_destroyed: bool
    kept: tuple[str, ...]
    """What was kept on purpose."""
    copies: str
    """What becomes of copies that were made earlier."""


class _Intent(KeptMessage, frozen=True, kw_only=True):
    """An erasure that has begun; lies encrypted in the ledger."""

    scope: Literal["history", "profile"]
    profile: ProfileName | None
    reason: ErasureReason
    at: Seconds
    seq: Annotated[int, Meta(ge=0)] = 0
    """Its place in the ledger's chain: what is newer stays. 0: of a release without places."""

    @property
    def removes(self) -> bool:
        """Whether the profile itself goes; the one that every box has does not."""
        return self.scope == "profile" and self.profile != MAIN_PROFILE


class Erasure:
    """Erases a profile, or what was watched, and keeps ledger and disclosures."""

    def __init__(self, home: Home, *, clock: Clock) -> None:
        """Erase in ``home``."""
        self._home = home
        self._clock = clock

    def erase_history(
        self,
        *,
        profile: str | None = None,
        reason: ErasureReason = "user_request",
        step: Step = lambda _: None,
    ) -> ErasureReceipt:
        """Erase viewings, picks and marks of one profile, or of all.

        Under reason ``loss_of_consent`` whatever was granted is withdrawn, too.

        Raises:
            InputError: there is no such profile.
            StorageError: another process is at work; the next start goes on, and the message says
                what is done by then.

        """
        return self._erase("history", profile=profile, reason=reason, step=step)

    def erase_profile(
        self,
        profile: str,
        *,
        reason: ErasureReason = "profile_deletion",
        step: Step = lambda _: None,
    ) -> ErasureReceipt:
        """Erase a profile with everything of it, and withdraw its consents.

        The profile that every box has, ``main``, stays, empty.

        Raises:
            InputError: there is no such profile.
            StorageError: another process is at work; the next start goes on, and the message says
                what is done by then.

        """
        return self._erase("profile", profile=profile, reason=reason, step=step)

    def last(self) -> int:
        """Return the place of the last act of deletion in the ledger's chain, by any process."""
        return self._home.ledger.deletions.last()

    def owes(self) -> bool:
        """Say whether the ledger is broken, so that waiting reports could not be called off."""
        return self._home.ledger.deletions.owes()

    def finish(self) -> None:
        """Go on with erasures that were interrupted; cheap when none was.

        What has been stored since it was asked for stays, and so do consents given since.

        Raises:
            StorageError: it is still not done; the message says how far it has come.

        """
        waiting = self._waiting()
        if waiting:
            self._carry_out(waiting, asked=waiting[-1], step=lambda _: None)

    def _erase(
        self,
        scope: Literal["history", "profile"],
        *,
        profile: str | None,
        reason: ErasureReason,
        step: Step,
    ) -> ErasureReceipt:
        if profile is not None:
            self._home.history.profile_kind(profile)
        intent = checked(_Intent(scope=scope, profile=profile, reason=reason, at=self._clock.now()))
        step("note the intent")
        noted = self._noted(intent)
        # With a broken ledger it is not among those that wait.
        return self._carry_out({*self._waiting(), noted}, asked=noted, step=step)

    def _waiting(self) -> list[_Intent]:
        """Return the erasures that are not done, each with its place."""
        deletions, waiting = self._home.ledger.deletions, []
        for body in deletions.intents():
            intent = decode(body, _Intent, cap_bytes=_CAP_BYTES)
            if not intent.seq:
                intent = self._noted(intent)
                if intent.seq != EVERYTHING.seq:
                    deletions.done(0)
            waiting.append(intent)
        return waiting

    def _noted(self, intent: _Intent) -> _Intent:
        """Note an intent, with the withdrawals that belong to it, and return it with its place."""
        ledger = self._home.ledger
        ends = intent.scope == "profile" or intent.reason == "loss_of_consent"
        whose = (intent.profile,) if intent.profile else ledger.profiles_with_decisions()
        withdrawn = [record for name in whose for record in withdrawals(ledger, name, at=intent.at)]

        def placed(seq: int) -> bytes:
            return canonical_bytes(msgspec.structs.replace(intent, seq=seq))

        try:
            seq = ledger.deletions.append(
                intent.scope, at=intent.at, withdraw=withdrawn if ends else (), intent=placed
            )
        except LedgerBroken:
            # Nothing is in force then, nothing is sent, and there is no place to be had: it is
            # erased at once and not noted, since it could not be told later from what is newer.
            ledger.deletions.owe()
            seq = EVERYTHING.seq
        return msgspec.structs.replace(intent, seq=seq)

    def _carry_out(
        self, intents: Collection[_Intent], *, asked: _Intent, step: Step
    ) -> ErasureReceipt:
        """Carry out erasures in their order, and tell of the one that was asked for."""
        steps: list[str] = []

        def taking(name: str) -> None:
            steps.append(name)
            step(name)

        try:
            if any(intent.profile is None for intent in intents) and not self._home.history_opens():
                taking("discard")
                self._home.discard_history()
                if asked.seq == EVERYTHING.seq and self._home.history_opens():
                    self._home.ledger.deletions.owe()  # what was remembered went with the history
            else:
                for intent in sorted(intents, key=_place):
                    self._delete(intent, step=taking)
                self._home.rekey(ledger=False, step=taking)
            taking(_LAST)
            self._home.ledger.deletions.done(max(map(_place, intents)))
        except StorageError as error:
            deleted = steps.count(_DELETED) == len(intents) or steps[-1] == _LAST
            noted = asked.seq != EVERYTHING.seq
            raise _unfinished(error, deleted=deleted, noted=noted) from error
        return _receipt(asked)

    def _delete(self, intent: _Intent, *, step: Step) -> None:
        ledger, history = self._home.ledger, self._home.history
        there = tuple(profile.name for profile in history.profiles())
        whose = there if intent.profile is None else (intent.profile,)
        in_use = any(
            dated.seq > intent.seq and dated.record.event == "given"
            for dated in ledger.dated_consents(intent.profile)
        )
        step("delete")
        history.purge(
            *whose,
            reach=Reach(seq=intent.seq),
            remove=intent.removes and not in_use,
            deleted=lambda: step(_DELETED),
        )
        if intent.removes and intent.profile not in _names(history):
            HouseholdStateStore(ledger).change(partial(_without, intent.profile))


def _place(intent: _Intent) -> int:
    return intent.seq


def _receipt(intent: _Intent) -> ErasureReceipt:
    return ErasureReceipt(
        scope=intent.scope,
        reason=intent.reason,
        at=intent.at,
        data_keys_destroyed=True,
        key_encryption_key_destroyed=False,
        kept=("decisions about consent", "privacy ledger", _DEBITS, "disclosure log"),
        copies=_COPIES,
    )


def _unfinished(error: StorageError, *, deleted: bool, noted: bool) -> StorageError:
    """Say how far an erasure has come that failed, and what becomes of it."""
    done = (
        "what was to be erased is deleted; the old data key is not known to be destroyed"
        if deleted
        else "nothing of what was to be erased is deleted yet"
    )
    come = (
        "the next start of edgeagent goes on; whatever is stored from now on stays"
        if noted
        else "the ledger is broken, so that nothing goes on by itself: erase again"
    )
    hint = "close other edgeagent processes, or make room, and start again"
    return type(error)(f"{error}: {done}; {come}", hint=hint)


def _names(history: HistoryStore) -> set[str]:
    return {profile.name for profile in history.profiles()}


def _without(profile: str | None, now: HouseholdState) -> HouseholdState:
    active = MAIN_PROFILE if now.active == profile else now.active
    return msgspec.structs.replace(now, active=active)
