"""Erase: delete, move what remains under a new data key, destroy the old key, write a receipt.

``history`` and ``profile`` first record in the ledger what they are about to do, so that the next
start completes an erasure that was interrupted by a power cut or blocked by another process. Each
record has a sequence number in the ledger's chain: newer data stay, however late the erasure is
completed, and several pending erasures run in their order. For the whole box see ``box_erasure``.
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
from edgeagent.services.household.profile_lock import ProfileLock
from edgeagent.services.household.profiles import HouseholdState, HouseholdStateStore
from edgeagent.services.household.withdrawal import withdrawals
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
    """What was erased: names kinds of data only, no content."""

    scope: Literal["history", "profile", "all"]
    reason: ErasureReason
    at: Seconds
    data_keys_destroyed: bool
    key_encryption_key_destroyed: bool
    kept: tuple[str, ...]
    """What was kept on purpose."""
    copies: str
    """What happens with copies that were made earlier."""


class _Intent(KeptMessage, frozen=True, kw_only=True):
    """An erasure that has begun; stored encrypted in the ledger."""

    scope: Literal["history", "profile"]
    profile: ProfileName | None
    reason: ErasureReason
    at: Seconds
    seq: Annotated[int, Meta(ge=0)] = 0
    """Its sequence number in the ledger's chain: newer data stay. 0 from a release without
    numbers."""

    @property
    def removes(self) -> bool:
        """Whether the profile itself is deleted; ``main``, which every box has, is not."""
        return self.scope == "profile" and self.profile != MAIN_PROFILE


class Erasure:
    """Erases a profile or viewings, and keeps ledger and disclosures."""

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
        """Erase viewings, picks and marks of one profile or of all.

        With reason ``loss_of_consent`` all grants are withdrawn too.

        Raises:
            InputError: there is no such profile.
            StorageError: another process prevents it; the next start completes it, and the message
                says how far it has come.

        """
        return self._erase("history", profile=profile, reason=reason, step=step)

    def erase_profile(
        self,
        profile: str,
        *,
        reason: ErasureReason = "profile_deletion",
        pin: str | None = None,
        step: Step = lambda _: None,
    ) -> ErasureReceipt:
        """Erase a profile with all its data, and withdraw its consents.

        The profile ``main``, which every box has, stays and is emptied.

        Raises:
            InputError: there is no such profile.
            ProfileLocked: ``pin`` is not that of the profile lock.
            StorageError: another process prevents it; the next start completes it, and the message
                says how far it has come.

        """
        self._home.history.profile_kind(profile)
        ProfileLock(self._home.ledger, clock=self._clock).require(pin)
        return self._erase("profile", profile=profile, reason=reason, step=step)

    def last(self) -> int:
        """Return the ledger's sequence number of the last deletion by any process."""
        return self._home.ledger.deletions.last()

    def owes(self) -> bool:
        """Return whether waiting reports could not be cancelled because the ledger is broken."""
        return self._home.ledger.deletions.owes()

    def finish(self) -> None:
        """Finish erasures that were interrupted; cheap if none was.

        Data stored and consents given since the request stay.

        Raises:
            StorageError: it is still unfinished; the message says how far it has come.

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
        # With a broken ledger the intent could not be recorded, so it is added here.
        return self._carry_out({*self._waiting(), noted}, asked=noted, step=step)

    def _waiting(self) -> list[_Intent]:
        """Return the unfinished erasures, each with its sequence number."""
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
        """Record an intent and its withdrawals; return it with its sequence number."""
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
            # With a broken ledger nothing is granted or sent, and there is no sequence number. So
            # it is erased at once and not recorded: later it could not be told apart from newer
            # data.
            ledger.deletions.owe()
            seq = EVERYTHING.seq
        return msgspec.structs.replace(intent, seq=seq)

    def _carry_out(
        self, intents: Collection[_Intent], *, asked: _Intent, step: Step
    ) -> ErasureReceipt:
        """Carry out erasures in their order and return the receipt of the requested one."""
        steps: list[str] = []

        def taking(name: str) -> None:
            steps.append(name)
            step(name)

        try:
            if any(intent.profile is None for intent in intents) and not self._home.history_opens():
                taking("discard")
                self._home.discard_history()
                if asked.seq == EVERYTHING.seq and self._home.history_opens():
                    self._home.ledger.deletions.owe()  # the history that held this note is gone
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
        history.drop_derived(before_seq=intent.seq)
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
    """Return the error of an unfinished erasure: how far it has come and how it continues."""
    done = (
        "the data are deleted; the old data key may not be destroyed yet"
        if deleted
        else "nothing is deleted yet"
    )
    come = (
        "the next start of edgeagent completes it; whatever is stored from now on stays"
        if noted
        else "the ledger is broken, so that it is not completed automatically: erase again"
    )
    hint = "close other edgeagent processes, or free disk space, and start again"
    return type(error)(f"{error}: {done}; {come}", hint=hint)


def _names(history: HistoryStore) -> set[str]:
    return {profile.name for profile in history.profiles()}


def _without(profile: str | None, now: HouseholdState) -> HouseholdState:
    active = MAIN_PROFILE if now.active == profile else now.active
    return msgspec.structs.replace(now, active=active)
