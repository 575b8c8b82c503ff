"""Retention: viewings are deleted when their time is over, in small batches at an idle moment."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from edgeagent.clock import DAY_SECONDS, week_of
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, LedgerBroken
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.device_clock import DeviceClock
from edgeagent.services.household import HouseholdStateStore
from edgeagent.services.private_session import PrivateSession
from edgeagent.services.whole_history import WholeHistory
from edgeagent.store import Home

__all__ = ["MIN_DAYS_WHILE_REPORTING", "Housekeeping", "Kept", "Retention", "kept"]

MIN_DAYS_WHILE_REPORTING = 8
"""A reporting week has to be whole when it is drawn; pruning into it would bias it to "none"."""
_HARD_CAP_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How long viewings are kept, and why."""

    days: int
    allowed_days: int
    """What the settings allow at most."""
    chosen_days: int | None
    """What the household chose."""
    lengthened: bool
    """Whether less was chosen than reporting needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping:
    """What was tidied up."""

    deleted: int
    """Viewings whose time was over."""
    skipped: str
    """Why nothing was done; empty when it was."""


class Retention:
    """Knows how long viewings are kept, and prunes them."""

    def __init__(
        self,
        home: Home,
        *,
        gate: ConsentGate,
        clock: DeviceClock,
        private: PrivateSession,
        allowed_days: int,
    ) -> None:
        """Prune the history of ``home``; ``allowed_days`` is what the settings say."""
        self._home = home
        self._gate = gate
        self._clock = clock
        self._private = private
        self._allowed_days = min(allowed_days, _HARD_CAP_DAYS)
        self._states = HouseholdStateStore(home.ledger)

    def kept(self) -> Kept:
        """Return how long viewings are kept."""
        return kept(self._home, gate=self._gate, allowed_days=self._allowed_days)

    def choose(self, days: int | None) -> Kept:
        """Keep viewings for fewer days than the settings allow; ``None`` takes it back.

        Fewer days than before are an act of deletion, whether anything is that old or not.

        Raises:
            InputError: less than a day, or more than the settings allow.
            LedgerBroken: nothing was changed.

        """
        if days is not None and not 1 <= days <= self._allowed_days:
            raise InputError(
                f"viewings cannot be kept for {days} days",
                hint=f"choose 1 to {self._allowed_days} days",
            )
        if days is not None and days < self.kept().days:
            self._home.ledger.deletions.append("retention", at=self._clock.now())
        self._states.update(retention_days=days)
        return self.kept()

    def housekeeping(self) -> Housekeeping:
        """Delete what is older than retention allows; safe to call at any time.

        Nothing is written during a private session. While the clock stands beyond what the server
        vouched for (set to 2100 by hand, say), time stands still here: a leap deletes nothing.
        """
        if self._private.ends_at() is not None:
            return Housekeeping(deleted=0, skipped="a private session is on")
        days = self.kept().days
        WholeHistory(self._home.ledger).note(days, now=self._clock.now())
        before = self._trusted_now() - days * DAY_SECONDS
        deleted = self._home.history.prune(before)
        with suppress(LedgerBroken):  # then there is no preview
            week = week_of(before - 1)
            self._home.ledger.deletions.prune_previews(before_week=week + 1)
        return Housekeeping(deleted=deleted, skipped="")

    def _trusted_now(self) -> int:
        now, vouched_until = self._clock.now(), self._clock.evidence.vouched_until
        return min(now, vouched_until) if vouched_until else now


def kept(home: Home, *, gate: ConsentGate, allowed_days: int) -> Kept:
    """Return how long viewings are kept where the settings allow ``allowed_days``."""
    allowed = min(allowed_days, _HARD_CAP_DAYS)
    chosen = HouseholdStateStore(home.ledger).load().retention_days
    days = min(chosen or allowed, allowed)
    floor = MIN_DAYS_WHILE_REPORTING if _anybody_reports(home, gate) else 1
    return Kept(
        days=max(days, floor),
        allowed_days=allowed,
        chosen_days=chosen,
        lengthened=days < floor,
    )


def _anybody_reports(home: Home, gate: ConsentGate) -> bool:
    try:
        return any(
            gate.holds(Purpose.REPORTING, profile=profile)
            for profile in home.ledger.consenting_profiles()
        )
    except LedgerBroken:
        return False  # nothing is granted, so nothing is reported
