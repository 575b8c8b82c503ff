"""The profiles of a household, which one is active, and the household's own settings.

The active profile and the household's own retention are stored in the ledger database, so that they
can be read when the history cannot be opened.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Annotated

import msgspec
from msgspec import Meta

from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.errors import InputError, StorageError
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import (
    MAIN_PROFILE,
    MAX_AGE_RATING,
    AgeLimit,
    ProfileName,
    RetentionDays,
)
from edgeagent.promotion.limits import KID_AGE_RATING
from edgeagent.services.audience import max_age_rating
from edgeagent.services.context import BoxContext
from edgeagent.services.household.consent_hints import ConsentHints, forget_hints, move_hints
from edgeagent.services.household.everything_off import switch_everything_off
from edgeagent.services.household.privacy_flags import PrivacyFlags, forget_flags, move_flags
from edgeagent.services.household.profile_lock import ProfileLock
from edgeagent.services.household.profile_names import check_profile_name
from edgeagent.services.household.withdrawal import withdrawals
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore, Profile, ProfileKind
from edgeagent.store.rekey import Step

__all__ = [
    "Household",
    "HouseholdState",
    "HouseholdStateStore",
    "free_name",
]

_STATE_NAME = "household"
_CAP_BYTES = 4096


class _Renaming(KeptMessage, frozen=True, kw_only=True):
    """A rename that was begun; stored because it spans both databases and must survive a crash."""

    name: ProfileName
    new_name: ProfileName
    since: Annotated[int, Meta(ge=0)] = 0
    """Sequence number in the ledger's chain when it began; 0 from a release that did not store
    it."""


class HouseholdState(KeptMessage, frozen=True, kw_only=True):
    """The household's settings; replaced as a whole."""

    active: ProfileName = MAIN_PROFILE
    """The profile used when a command or an app names none."""
    retention_days: RetentionDays | None = None
    """At most what the settings allow; ``None``: what the settings say."""
    renaming: _Renaming | None = None


class HouseholdStateStore(StateStore[HouseholdState]):
    """Stores the household's state."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Store the state in ``ledger``."""
        super().__init__(ledger, _STATE_NAME, HouseholdState, cap_bytes=_CAP_BYTES)


class Household:
    """Creates, renames and switches profiles, and records what they allow."""

    def __init__(self, box: BoxContext, *, teens: int) -> None:
        """Manage the profiles of ``box``.

        Args:
            box: its stores and consents.
            teens: the highest age rating that teens are shown, of the settings.

        """
        self._box = box
        self._teens = teens
        self._states = HouseholdStateStore(box.home.ledger)

    @property
    def active(self) -> str:
        """The profile that is watching."""
        return self._states.load().active

    @cached_property
    def hints(self) -> ConsentHints:
        """What profiles are told about their consents, once each."""
        return ConsentHints(self._box)

    @cached_property
    def flags(self) -> PrivacyFlags:
        """What each profile has set of Firebolt's privacy flags."""
        return PrivacyFlags(self._box.home.ledger, gate=self._box.gate)

    @cached_property
    def lock(self) -> ProfileLock:
        """The PIN that is asked for before anything is widened, where there is one."""
        return ProfileLock(self._box.home.ledger, clock=self._box.clock)

    def profiles(self) -> tuple[Profile, ...]:
        """Return all profiles, oldest first."""
        return self._box.home.history.profiles()

    def require(self, name: str) -> None:
        """Raise if no profile has this name.

        Raises:
            InputError: there is none of that name.

        """
        self._box.home.history.profile_kind(name)

    def chosen(self, named: str | None) -> str:
        """Return the named profile, or the active one if none is named.

        A profile with decisions in the ledger is found without the history, which may be damaged.

        Raises:
            InputError: there is no such profile.

        """
        if named is None:
            return self.active
        if named not in self._box.home.ledger.profiles_with_decisions():
            self.require(named)
        return named

    def create(self, name: str, *, kind: ProfileKind) -> Profile:
        """Add a profile; nothing is granted for it, whatever an earlier profile of that name had.

        Raises:
            InputError: the name is taken or invalid.
            LedgerBroken: consents under that name cannot be withdrawn now.

        """
        check_profile_name(name)
        self.finish_rename()
        self._require_free(name)
        free_name(self._box.home.ledger, name, at=self._box.clock.now())
        after = self._box.home.ledger.deletions.last()
        self._box.home.history.create_profile(
            name, kind=kind, at=self._box.clock.now(), after=after
        )
        return self._find(name)

    def switch(self, name: str, *, pin: str | None = None) -> Profile:
        """Make a profile the active one; this ends a private session.

        Raises:
            InputError: there is none of that name.
            ProfileLocked: it is another adult's, or is shown more than the active one, and this is
                not the PIN of the profile lock.

        """
        profile = self._find(name)
        if name != self.active and _widens(profile, self._active_profile()):
            self.lock.require(pin)
        self._box.private.stop()
        self._states.update(active=name)
        return profile

    def set_age_limit(
        self, name: str, limit: AgeLimit | None, *, pin: str | None = None
    ) -> Profile:
        """Set the highest age rating that a profile is shown; ``None``: what its kind allows.

        Raises:
            InputError: there is none of that name.
            ProfileLocked: this is not the PIN of the profile lock.

        """
        self._find(name)
        self.lock.require(pin)
        self._box.home.history.set_age_limit(name, limit)
        return self._find(name)

    def max_age_rating(self, name: str) -> int:
        """Return the highest age rating of the titles that are found for a profile.

        A kid's is that of creatives: nothing is recommended to a kid, so ranking needs none.

        Raises:
            InputError: there is none of that name.

        """
        profile = self._box.home.history.profile(name)
        limit = max_age_rating(profile, teens=self._teens)
        return min(limit, KID_AGE_RATING) if profile.kind == "kid" else limit

    def rename(self, name: str, new_name: str, *, step: Step = lambda _: None) -> Profile:
        """Rename a profile; its history, marks, consents and flags keep belonging to it.

        Decisions are not rewritten: the rename is appended to them, and from then on they are in
        force under the new name. The old name has none.

        Args:
            name: the present name.
            new_name: the new name.
            step: called before each step; tests simulate a power loss there.

        Raises:
            InputError: the profile is ``main`` or does not exist, or the new name is taken.
            LedgerBroken: consents cannot be moved while the ledger is broken.
            StorageError: an erasure is unfinished; it refers to profiles by name.

        """
        if name == MAIN_PROFILE:
            raise InputError(
                f"profile {MAIN_PROFILE!r} keeps its name", hint="create another and switch to it"
            )
        self.finish_rename()
        self._find(name)
        check_profile_name(new_name)
        self._require_free(new_name)
        self._box.home.ledger.check()
        self._require_no_erasure()
        free_name(self._box.home.ledger, new_name, at=self._box.clock.now())
        step("note the intent")
        since, _ = self._box.home.ledger.tip()
        self._states.update(renaming=_Renaming(name=name, new_name=new_name, since=since))
        self.finish_rename(step=step)
        return self._find(new_name)

    def finish_rename(self, *, step: Step = lambda _: None) -> None:
        """Finish a rename that was interrupted; cheap if none was."""
        state = self._states.load()
        if state.renaming is None:
            return
        name, new_name = state.renaming.name, state.renaming.new_name
        # Consents first: a former profile's withdrawals would otherwise delete the renamed rows.
        step("move the consents")
        self._box.home.ledger.append_rename(
            name, new_name, at=self._box.clock.now(), since=state.renaming.since
        )
        move_flags(self._box.home.ledger, name, new_name)
        move_hints(self._box.home.ledger, name, new_name)
        step("rename in the history")
        names = {profile.name for profile in self.profiles()}
        if name in names and new_name not in names:
            self._box.home.history.rename_profile(name, new_name)
        step("forget the intent")
        self._states.change(partial(_renamed, name, new_name))

    def switch_everything_off(self) -> tuple[ConsentRecord, ...]:
        """Withdraw every purpose of every profile, and delete what rested on them.

        Returns:
            The withdrawals; empty if nothing was allowed.

        Raises:
            LedgerBroken: none is recorded; what depended on them is deleted all the same.
            StorageError: the history does not open; the next start deletes what is left.

        """
        return switch_everything_off(self._box)

    def may_consent(self, profile: str) -> bool:
        """Return whether consent can be given for a profile; never for a kid's.

        Raises:
            InputError: there is no such profile.

        """
        return self._box.audience.counts(self._find(profile).kind)

    def require_may_consent(self, profile: str) -> None:
        """Raise if no consent can be given for a profile: a kid's, or a teen's by the settings.

        Raises:
            ConsentRequired: it is a profile of that kind.
            InputError: there is no such profile.

        """
        self._box.audience.require(profile, self._find(profile).kind)

    def grant(
        self,
        purpose: Purpose,
        *,
        profile: str,
        language: str | None = None,
        pin: str | None = None,
    ) -> ConsentRecord:
        """Record that a profile allows a purpose, effective before this returns.

        Args:
            purpose: what is allowed.
            profile: who allows it.
            language: of the notice that was read; the box's own unless given.
            pin: of the profile lock, where there is one.

        Raises:
            ConsentRequired: a kid's profile, or a teen's by policy.
            InputError: there is no notice in that language.
            ProfileLocked: it is not the PIN.

        """
        self.require_may_consent(profile)
        self.lock.require(pin)
        return self._box.gate.decide(purpose, profile=profile, given=True, language=language)

    def widen_flag(self, flag: str, profile: str, *, pin: str | None = None) -> None:
        """Set one of Firebolt's privacy flags to true and grant the purpose behind it.

        Raises:
            ConsentRequired, ProfileLocked: as :meth:`grant`.

        """
        self.lock.require(pin)

        def grant(purpose: Purpose, name: str) -> None:
            self.require_may_consent(name)
            self._box.gate.decide(purpose, profile=name, given=True)

        self.flags.widen(flag, profile, grant=grant)

    def _active_profile(self) -> Profile | None:
        """Return the active profile; ``None`` where the history was lost with it."""
        return next((one for one in self.profiles() if one.name == self.active), None)

    def _find(self, name: str) -> Profile:
        for profile in self.profiles():
            if profile.name == name:
                return profile
        raise InputError(
            f"there is no profile {name!r}", hint="edgeagent profile list shows the names"
        )

    def _require_no_erasure(self) -> None:
        deletions = self._box.home.ledger.deletions
        if deletions.intents() or deletions.forgettings():
            raise StorageError(
                "an erasure is unfinished; profiles cannot be renamed until it is done",
                hint="close other edgeagent processes and start again: the next start finishes it",
            )

    def _require_free(self, name: str) -> None:
        if any(profile.name == name for profile in self.profiles()):
            raise InputError(f"there is a profile {name!r}", hint="take a name that is free")


def _widens(profile: Profile, active: Profile | None) -> bool:
    """Return whether a switch from ``active`` shows more: an older kind, or a higher limit.

    Another adult's always does. Anybody may create a child's or teen's profile, and it has no limit
    of its own: it must not be the way around one.
    """
    if active is None or profile.kind == "adult":
        return True
    kinds = ("kid", "teen", "adult")
    older = kinds.index(profile.kind) > kinds.index(active.kind)
    return older or _own_limit(profile) > _own_limit(active)


def _own_limit(profile: Profile) -> int:
    return MAX_AGE_RATING if profile.age_limit is None else profile.age_limit


def _renamed(name: str, new_name: str, now: HouseholdState) -> HouseholdState:
    active = new_name if now.active == name else now.active
    return msgspec.structs.replace(now, active=active, renaming=None)


def free_name(ledger: LedgerStore, name: str, *, at: int) -> None:
    """Withdraw what an earlier profile of that name granted, such as one whose history was lost.

    Raises:
        LedgerBroken: nothing can be withdrawn while the ledger is broken.

    """
    left = withdrawals(ledger, name, at=at)
    if left:
        ledger.append_consent(*left)
    forget_flags(ledger, name)
    forget_hints(ledger, name)
