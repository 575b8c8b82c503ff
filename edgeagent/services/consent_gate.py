"""The consent gate: what a household has decided, and the grants that follow from it.

Every operation on personal data asks the gate first. A purpose is granted while the latest decision
about it is "given", has not expired, covers the terms in force, and the ledger that holds the
decisions is whole: a ledger that lost its tail may have lost a withdrawal, so it grants nothing.
Terms that got worse since are asked about again; those that got better are told.

A consent is dated by a clock that may be wrong. It is in force at once, but counts for reports only
from the first later moment at which the time was known, and its two years run from then at the
latest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from edgeagent.clock import iso_utc
from edgeagent.config import Config
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
from edgeagent.messages.terms import TermChange, TermName
from edgeagent.notices import Notice, notice_digest
from edgeagent.notices.in_force import notice_in_force
from edgeagent.services.consented_terms import ConsentedTerms
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import LedgerStore

__all__ = ["ConsentGate", "PurposeState"]

_ASKED_AGAIN: Mapping[TermName, str] = {
    "meanings": "to be asked again: it would allow more than it did",
    "mechanisms": "to be asked again: noise could be added in a way that was not named",
    "odds": "to be asked again: a report could cost more privacy than was allowed",
    "recipients": "to be asked again: reports would go to a server that was not named",
    "retention_days": "to be asked again: viewings would be kept for longer than was allowed",
    "schemes": "to be asked again: a report could tell something that was not named",
    "spacing_weeks": "to be asked again: there could be more reports than were allowed",
}


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
    changes: tuple[TermChange, ...] = ()
    """What is not as it was when it was given, what is worse first."""


class ConsentGate:
    """Reads decisions, appends decisions, mints grants."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock, config: Config) -> None:
        """Serve the decisions kept in ``ledger``, under the terms of the settings.

        Raises:
            InputError: there is no notice in the language of the settings.

        """
        self._ledger = ledger
        self._clock = clock
        self._config = config
        self._terms = ConsentedTerms(ledger, in_force=self.notice().terms)

    def notice(self, language: str | None = None) -> Notice:
        """Return what is shown before a decision, in the box's own language unless given.

        Raises:
            InputError: there is no notice in that language.

        """
        return notice_in_force(self._config, language)

    def write_down_terms(self) -> None:
        """Keep what the first version of the notice covers here; safe to call at any time.

        Raises:
            DiskFull: nothing was kept; until it is, that version covers what is in force.

        """
        self._terms.write_down()

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
        notice = self.notice(language)
        now = self._clock.now()
        record = ConsentRecord(
            profile=profile,
            purpose=purpose,
            event="given" if given else "withdrawn",
            at=now,
            expires_at=now + CONSENT_LIFETIME_SECONDS if given else now,
            notice_version=notice.version,
            notice_sha256=notice_digest(notice),
            notice_language=notice.language,
            terms=notice.terms,
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
        latest = consents[-1] if consents else None
        refusal, reason = self._refusal(latest, self._clock.now())
        return PurposeState(
            purpose=purpose,
            profile=profile,
            granted=refusal is None,
            since=None if refusal else self._beginning(consents).since,
            expires_at=None if refusal else consents[-1].expires_at,
            refusal=refusal,
            reason=reason,
            changes=self._changes(latest),
        )

    def states(self, profile: str) -> tuple[PurposeState, ...]:
        """Return all purposes of a profile, in the order of the notice."""
        return tuple(self.state(purpose, profile=profile) for purpose in Purpose)

    def held_throughout(self, purpose: Purpose, *, profile: str, start: int, end: int) -> bool:
        """Return whether a purpose is granted and certainly was during all of ``[start, end)``."""
        if end > self._clock.now() or not self.holds(purpose, profile=profile):
            return False
        known_at = self._beginning(self._about(purpose, profile)).known_at
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

    def _changes(self, latest: DatedConsent | None) -> tuple[TermChange, ...]:
        if latest is None or latest.record.event == "withdrawn":
            return ()
        return self._terms.changes(latest.record) or ()

    def consented_days(self) -> int | None:
        """Return for how long viewings may be kept by every consent to a history that was given.

        ``None``: there is no consent. A lapsed one counts, because what it allowed is still there.

        Raises:
            LedgerBroken: the decisions cannot be trusted.

        """
        self._ledger.check()
        latest = (
            consents[-1].record
            for profile in self._ledger.profiles_with_decisions()
            if (consents := self._about(Purpose.HISTORY, profile))
        )
        terms = (self._terms.of(record) for record in latest if record.event == "given")
        return min((each.retention_days for each in terms if each is not None), default=None)

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
        reason = self._asked_again(record)
        return (None, "") if reason is None else ("other_notice", reason)

    def _beginning(self, consents: list[DatedConsent]) -> DatedConsent:
        """Return the first consent of the unbroken run that is still in force.

        A renewal before expiry continues the run; a withdrawal or a lapse ends it. A renewal made
        while the clock was behind counts as in time if the time, once known, proves it. Where terms
        got worse, the run begins with the consent to them: between the two it was off.
        """
        first = consents[-1]
        for earlier, later in zip(reversed(consents[:-1]), reversed(consents), strict=False):
            if (
                earlier.record.event != "given"
                or not _renewed_in_time(earlier, later)
                or self._asked_again(earlier.record) is not None
            ):
                break
            first = earlier
        return first

    def _asked_again(self, record: ConsentRecord) -> str | None:
        """Return in words why a consent does not cover the terms in force; ``None``: it does."""
        changes = self._terms.changes(record)
        if changes is None:
            return f"given under notice {record.notice_version}, which is unknown"
        return _ASKED_AGAIN[changes[0].term] if changes and changes[0].worse else None


def _known(purpose: Purpose) -> Purpose:
    """Return the purpose of that name; a caller may pass any text."""
    try:
        return Purpose(purpose)
    except ValueError as error:
        raise InputError(
            f"there is no purpose {purpose!r}", hint=f"one of: {', '.join(Purpose)}"
        ) from error


def _renewed_in_time(earlier: DatedConsent, later: DatedConsent) -> bool:
    expires_at = earlier.expires_at
    if expires_at is None:
        return True
    at = later.known_at if later.was_behind else later.record.at
    return at is not None and at <= expires_at
