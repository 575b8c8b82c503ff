"""Purposes, consent records and the capability they turn into.

A record holds the fields of ISO/IEC TS 27560:2023 that apply to a box without accounts: notice
(version, hash, language), purpose, event (time, type), resulting state, expiry. A ``Grant`` is what
storing, scoring and reporting ask for; ``edgeagent.services.consent_gate`` alone mints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import ConsentRequired
from edgeagent.messages.codec import Message
from edgeagent.messages.fields import LanguageCode, ProfileName, Purpose, Seconds, Sha256, ShortText
from edgeagent.messages.terms import Terms

__all__ = [
    "CONSENT_LIFETIME_SECONDS",
    "ConsentRecord",
    "DatedConsent",
    "Grant",
    "Purpose",
    "latest_decisions",
    "mint_grant",
]

CONSENT_LIFETIME_SECONDS = 730 * DAY_SECONDS
"""Consent is asked again after two years at the latest."""


class ConsentRecord(Message, frozen=True, kw_only=True):
    """One decision about one purpose; records are appended, never changed."""

    profile: ProfileName
    purpose: Purpose
    event: Literal["given", "withdrawn"]
    at: Seconds
    expires_at: Seconds
    """When a given consent ends by itself; for a withdrawal, the moment of withdrawal."""
    notice_version: ShortText
    notice_sha256: Sha256
    notice_language: LanguageCode
    actor: Literal["user", "signal"] = "user"
    """Who decided; a signal (privacy mode, GPC) can only withdraw."""
    terms: Terms | UnsetType = UNSET
    """The most that the notice allowed. Not in records of its first version, whose bytes stay as
    they were."""


def latest_decisions(records: Iterable[ConsentRecord]) -> tuple[ConsentRecord, ...]:
    """Return the last record of each profile about each purpose; ``records`` are oldest first."""
    latest = {(record.profile, record.purpose): record for record in records}
    return tuple(latest.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedConsent:
    """A decision, and what is certain about when it was made."""

    profile: str
    """Whose it is now; the record keeps the name under which it was made."""
    record: ConsentRecord
    seq: int
    """Its place in the ledger's chain."""
    known_at: int | None
    """The first moment after it at which the time was known; ``None``: not yet."""
    was_behind: bool
    """The clock stood before what was certain, so that ``record.at`` says nothing."""
    is_of_former: bool = False
    """An earlier profile of that name made it: it stays on record, and grants nothing to the
    profile that was renamed to the name since."""

    @property
    def since(self) -> int:
        """When it was decided, or the first known moment after it if the clock was behind."""
        if self.was_behind and self.known_at is not None:
            return self.known_at
        return self.record.at

    @property
    def expires_at(self) -> int | None:
        """When a given consent ends by itself; ``None`` while nobody knows when it was given."""
        if self.known_at is None:
            return None if self.was_behind else self.record.expires_at
        latest = self.known_at + CONSENT_LIFETIME_SECONDS
        return latest if self.was_behind else min(latest, self.record.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The right to do one thing for one profile, checked when it was minted.

    It is not stored and not passed on between processes: every operation asks the gate again.
    """

    purpose: Purpose
    profile: str
    minted_at: int
    since: int
    """Since when, without a break, the purpose has been granted; seconds UTC."""
    after: int = 0
    """Place in the ledger's chain of the last act of deletion before it was minted; what is stored
    under the grant is newer than that one, and older than the next."""

    def require(self, purpose: Purpose) -> None:
        """Raise unless the grant is for ``purpose``.

        Raises:
            ConsentRequired: it is for another.

        """
        if self.purpose is not purpose:
            raise ConsentRequired(
                f"a grant for {self.purpose} does not cover {purpose}",
                hint=f"edgeagent consent grant {purpose}",
            )


def mint_grant(*, purpose: Purpose, profile: str, minted_at: int, since: int, after: int) -> Grant:
    """Make a grant. Only the consent gate calls this; the linter bans it elsewhere."""
    return Grant(purpose=purpose, profile=profile, minted_at=minted_at, since=since, after=after)
