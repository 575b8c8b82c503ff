"""Audience: whose viewings count. Adults' do, children's never, teens' where the settings say so.

The rule is applied when a viewing is stored and again when viewings are counted or ranked, because
the settings may have changed in between. When teens no longer count, what was stored of them is
deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.errors import ConsentRequired, LedgerBroken
from edgeagent.messages.fields import MAX_AGE_RATING, UNKNOWN_AGE
from edgeagent.store import Home, Profile

__all__ = ["Audience", "leave_out_teens", "max_age_rating"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The rule; ``who`` is the kind of a profile, or the age policy an app gave a viewing."""

    teens_count: bool

    def counts(self, who: str | None) -> bool:
        """Say whether viewings of these people are stored, scored and counted."""
        if who in {"app:child", "kid"}:
            return False
        return self.teens_count or who not in {"app:teen", "teen"}

    def require(self, profile: str, kind: str) -> None:
        """Raise if a profile does not count.

        Raises:
            ConsentRequired: the profile does not count.

        """
        if not self.counts(kind):
            raise ConsentRequired(
                f"profile {profile!r} is a {kind}'s: its viewings are never stored or used",
                hint="edgeagent profile list shows the kinds; adults decide for themselves",
            )


def max_age_rating(profile: Profile, *, teens: int) -> int:
    """Return the highest age rating that a profile is shown.

    What is of unknown age is for nobody who has a limit.

    Args:
        profile: whose; its own limit only lowers that of its kind.
        teens: the limit for teens, of the settings.

    """
    kind = teens if profile.kind == "teen" else None
    limits = [limit for limit in (profile.age_limit, kind) if limit is not None]
    return min((*limits, UNKNOWN_AGE - 1)) if limits else MAX_AGE_RATING


def leave_out_teens(
    home: Home, *, audience: Audience, withdraw: Callable[[Purpose, str], ConsentRecord]
) -> None:
    """Withdraw and delete what the present settings no longer allow; cheap if there is nothing.

    Consents given while teens counted do not come back when they count again.

    Raises:
        StorageError: the stores cannot be written; every later use checks again who counts.

    """
    kinds = {profile.name: profile.kind for profile in home.history.profiles()}
    for record in home.ledger.latest_consents():
        if record.event == "given" and not audience.counts(kinds.get(record.profile)):
            withdraw(record.purpose, record.profile)
    if not audience.teens_count and home.history.purge_teens():
        with suppress(LedgerBroken):  # a broken ledger shows no preview
            home.ledger.deletions.prune_previews()
