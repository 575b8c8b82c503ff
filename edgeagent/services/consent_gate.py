"""The consent gate: what a household has decided, and the grants that follow from it.

Every operation on personal data asks the gate first. A purpose is granted while the latest decision
about it is "given", has not expired, refers to the present notice, and the ledger that holds the
decisions is whole: a ledger that lost its tail may have lost a withdrawal, so it grants nothing.

A consent is dated by a clock that may be wrong. It is in force at once, but counts for reports only
from the first later moment at which the time was known, and its two years run from then at the
latest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edgeagent.clock import iso_utc
from edgeagent.consent import (
    CONSENT_LIFETIME_SECONDS,
    ConsentRecord,
    DatedConsent,
    Grant,
    Purpose,
    mint_grant,
)
from edgeagent.errors import ConsentRequired, InputError
from edgeagent.messages.fields import Refusal
from edgeagent.notices import load_notice, notice_digest
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import LedgerStore

__all__ = ["ConsentGate", "PurposeState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeState:
    """How one purpose stands for one profile."""

    purpose: Purpose
    profile: str
    granted: bool
    since: int | None
    expires_at: int | None
    """Also ``None`` while it is granted at an unknown time, because the clock was behind."""
    refusal: Refusal | None
    """Why it is not granted; ``None`` when it is."""
    reason: str
    """The reason in words; empty when it is granted."""


class ConsentGate:
    """Reads decisions, appends decisions, mints grants."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock, language: str) -> None:
        """Serve the decisions kept in ``ledger``."""
        self._ledger = ledger
        self._clock = clock
        self._notice = load_notice(language)

    def decide(
        self,
        purpose: Purpose,
        *,
        profile: str,
        given: bool,
        by_signal: bool = False,
        language: str | None = None,
    ) -> ConsentRecord:
        """Append a decision; it is durable when this returns.

        Args:
            purpose: what it is about.
            profile: whose decision it is.
            given: granted, or withdrawn.
            by_signal: it comes from privacy mode or another signal, which can only withdraw.
            language: of the notice that was read; the box's own unless given.

        Raises:
            ConsentRequired: a signal tried to grant.
            InputError: unknown purpose, no notice in that language, or an invalid profile name;
                nothing was recorded.

        """
        purpose = _known(purpose)
        if by_signal and given:
            raise ConsentRequired(
                f"{purpose}: a signal can only narrow", hint="ask the household itself"
            )
        notice = self._notice if language is None else load_notice(language)
        now = self._clock.now()
        record = ConsentRecord(
            profile=profile,
            purpose=purpose,
            event="given" if given else "withdrawn",
            at=now,
            expires_at=now + CONSENT_LIFETIME_SECONDS if given else now,
            notice_version=notice.version,
            notice_sha256=notice_digest(notice.language),
            notice_language=notice.language,
            actor="signal" if by_signal else "user",
        )
        self._ledger.append_consent(record, clock_was_behind=self._clock.is_behind())
        return record

    def grant(self, purpose: Purpose, *, profile: str) -> Grant:
        """Mint a grant for this moment.

        Raises:
            ConsentRequired: not granted; the message says why and how to grant it.
            LedgerBroken: the decisions cannot be trusted.

        """
        # Read before the state: a withdrawal that comes in between is then newer than the grant.
        after = self.last_deletion()
        state = self.state(purpose, profile=profile)
        if not state.granted or state.since is None:
            raise ConsentRequired(
                f"{purpose} is not granted for profile {profile!r}: {state.reason}",
                hint=f"edgeagent consent grant {purpose} --profile {profile}",
            )
        return mint_grant(
            purpose=purpose,
            profile=profile,
            minted_at=self._clock.now(),
            since=state.since,
            after=after,
        )

    def last_deletion(self) -> int:
        """Return the sequence number of the last deletion; older grants must be renewed."""
        return self._ledger.deletions.last()

    def holds(self, purpose: Purpose, *, profile: str) -> bool:
        """Say whether a grant would be minted now."""
        return self.state(purpose, profile=profile).granted

    def state(self, purpose: Purpose, *, profile: str) -> PurposeState:
        """Return how a purpose stands for a profile.

        Raises:
            LedgerBroken: the decisions cannot be trusted.

        """
        self._ledger.check()
        consents = self._about(purpose, profile)
        refusal, reason = self._refusal(consents[-1] if consents else None, self._clock.now())
        return PurposeState(
            purpose=purpose,
            profile=profile,
            granted=refusal is None,
            since=None if refusal else _beginning(consents).since,
            expires_at=None if refusal else consents[-1].expires_at,
            refusal=refusal,
            reason=reason,
        )

    def states(self, profile: str) -> tuple[PurposeState, ...]:
        """Return all purposes of a profile, in the order of the notice."""
        return tuple(self.state(purpose, profile=profile) for purpose in Purpose)

    def held_throughout(self, purpose: Purpose, *, profile: str, start: int, end: int) -> bool:
        """Return whether a purpose is granted and certainly was during all of ``[start, end)``."""
        if end > self._clock.now() or not self.holds(purpose, profile=profile):
            return False
        known_at = _beginning(self._about(purpose, profile)).known_at
        return known_at is not None and known_at <= start

    def profiles_throughout(
        self, purposes: Collection[Purpose], *, start: int, end: int
    ) -> tuple[str, ...]:
        """Return the profiles for which :meth:`held_throughout` is true for all of these."""
        return tuple(
            profile
            for profile in self._ledger.profiles_with_decisions()
            if all(
                self.held_throughout(purpose, profile=profile, start=start, end=end)
                for purpose in purposes
            )
        )

    def _about(self, purpose: Purpose, profile: str) -> list[DatedConsent]:
        return [
            dated
            for dated in self._ledger.dated_consents(profile)
            if dated.record.purpose == purpose and not dated.is_of_former
        ]

    def _refusal(self, latest: DatedConsent | None, now: int) -> tuple[Refusal | None, str]:
        if latest is None:
            return "never_asked", "nobody has been asked yet"
        record, expires_at = latest.record, latest.expires_at
        if record.event == "withdrawn":
            return "withdrawn", f"withdrawn on {iso_utc(record.at)}"
        if expires_at is not None and expires_at <= now:
            return "lapsed", f"expired on {iso_utc(expires_at)}"
        given, present = record.notice_version, self._notice.version
        if given != present:
            return "other_notice", f"given under notice {given}, now {present}"
        return None, ""


def _known(purpose: Purpose) -> Purpose:
    """Return the purpose of that name; a caller may pass any text."""
    try:
        return Purpose(purpose)
    except ValueError as error:
        raise InputError(
            f"there is no purpose {purpose!r}", hint=f"one of: {', '.join(Purpose)}"
        ) from error


def _beginning(consents: list[DatedConsent]) -> DatedConsent:
    """Return the first consent of the unbroken run that is still in force.

    A renewal before expiry continues the run; a withdrawal or a lapse ends it. A renewal made while
    the clock was behind counts as in time if the time, once known, proves it.
    """
    first = consents[-1]
    for earlier, later in zip(reversed(consents[:-1]), reversed(consents), strict=False):
        if earlier.record.event != "given" or not _renewed_in_time(earlier, later):
            break
        first = earlier
    return first


def _renewed_in_time(earlier: DatedConsent, later: DatedConsent) -> bool:
    expires_at = earlier.expires_at
    if expires_at is None:
        return True
    at = later.known_at if later.was_behind else later.record.at
    return at is not None and at <= expires_at
