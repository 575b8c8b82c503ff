"""Retention: how long viewings are kept, from the settings, the household's choice and reporting.

All rules are in this file; ``edgeagent.services.household.housekeeping`` carries them out.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial

import msgspec

from edgeagent.clock import DAY_SECONDS, iso_utc
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, LedgerBroken, StorageError
from edgeagent.messages.fields import MAX_RETENTION_DAYS, MIN_DAYS_WHILE_REPORTING
from edgeagent.services.context import BoxContext
from edgeagent.services.household.dating import date_viewings
from edgeagent.services.household.profile_lock import ProfileLock
from edgeagent.services.household.profiles import HouseholdState, HouseholdStateStore
from edgeagent.services.household.whole_history import WholeHistory
from edgeagent.services.timekeeping.aging import Aging
from edgeagent.services.timekeeping.on_time import OnTime

__all__ = [
    "UNMATCHED_DAYS",
    "Retention",
    "RetentionPeriod",
]

UNMATCHED_DAYS = 30
"""How long a viewing of a title that the catalogue does not contain is kept. Catalogues come daily;
a title missing for a month is not expected to be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPeriod:
    """How long viewings are kept, and why."""

    days: int
    allowed_days: int
    """What settings and consents allow at most."""
    chosen_days: int | None
    """What the household chose."""
    asked_days: int
    """How long they would be kept if reporting needed nothing."""
    lengthened: bool
    """Whether choice or settings are below the 8 days that reporting needs, so that 8 days
    apply."""


class Retention:
    """Decides how long viewings are kept."""

    def __init__(self, box: BoxContext, *, allowed_days: int) -> None:
        """Decide for the history of ``box``; ``allowed_days`` is the settings' limit."""
        self._box = box
        self._aging = Aging(box.home.ledger, clock=box.clock)
        self._allowed_days = min(allowed_days, MAX_RETENTION_DAYS)
        self._states = HouseholdStateStore(box.home.ledger)

    @cached_property
    def on_time(self) -> OnTime:
        """How long the box has been switched on, summed over boots."""
        return OnTime(self._box.home.ledger, clock=self._box.clock)

    def kept(self) -> RetentionPeriod:
        """Return how long viewings are kept."""
        chosen = self._states.load().retention_days
        # Settings that allow more than was consented to change nothing until they are, too.
        allowed = min(self._allowed_days, self._consented_days())
        asked = min(chosen or allowed, allowed)
        floor = MIN_DAYS_WHILE_REPORTING if self._anybody_reports() else 1
        return RetentionPeriod(
            days=max(asked, floor),
            allowed_days=allowed,
            chosen_days=chosen,
            asked_days=asked,
            lengthened=asked < floor,
        )

    def choose(self, days: int | None, *, pin: str | None = None) -> RetentionPeriod:
        """Keep viewings for fewer days than the settings allow; ``None`` resets the choice.

        Choosing fewer days counts as a deletion, whether or not any viewing is that old.

        Raises:
            InputError: less than one day, or more than the settings allow.
            LedgerBroken: nothing was changed.
            ProfileLocked: they are more days than chosen now, and it is not the PIN of the profile
                lock.

        """
        kept = self.kept()
        allowed = kept.allowed_days
        if days is not None and not 1 <= days <= allowed:
            raise InputError(
                f"viewings cannot be kept for {days} days", hint=f"choose 1 to {allowed} days"
            )
        # Not the days in force: reporting lengthens a shorter choice only for as long as it lasts.
        if (days or allowed) > min(kept.chosen_days or allowed, allowed):
            ProfileLock(self._box.home.ledger, clock=self._box.clock).require(pin)
        if days is not None and days < kept.days:
            self._note_deletion()
        self._states.update(retention_days=days)
        return self.kept()

    def narrow(self, days: int | None) -> None:
        """Take over the retention chosen on another box if it is shorter than here.

        Raises:
            LedgerBroken: nothing was changed.

        """
        chosen = self._states.load().retention_days
        if days is not None and (chosen is None or days < chosen):
            self._note_deletion()
            self._states.change(partial(_narrowed, days))

    def whole_from(self, now: int) -> int:
        """Return the earliest moment, seconds UTC, since which nothing has been deleted by age."""
        return WholeHistory(self._box.home.ledger).whole_from(self.kept().days, now=now)

    def begin(self) -> None:
        """Start measuring how long a new box is switched on; does not open the history.

        Later reads return no viewing past its retention, and none without a date if it can be
        dated.
        """
        self._box.home.shown.since = self.shown_from
        self._box.home.shown.dated = self._date_for_readers
        self.on_time.begin()

    def keep_time(self) -> None:
        """Store what is newly known about the time, and date viewings without a date.

        Safe to call at any time; during a private session no viewing is dated.

        Raises:
            DiskFull: nothing was noted.

        """
        self.on_time.note()
        self._aging.settle()
        self.date_viewings()

    def date_viewings(self) -> None:
        """Date viewings without a date, if the time is known and no private session is on."""
        date_viewings(self._box.home.history, clock=self._box.clock, private=self._box.private)

    def _date_for_readers(self) -> None:
        with suppress(StorageError):  # disk full: readers see them undated
            self.date_viewings()

    def shown_from(self) -> int:
        """Return since when, seconds UTC by the box's clock, viewings are shown and used.

        Older viewings are neither shown nor used from then on, even before they are deleted.
        """
        return self._aging.for_showing() - self.kept().days * DAY_SECONDS

    def told(self, moment: int | None, *, name: str, or_later: bool = False) -> int:
        """Check the moment at which a caller says a title was watched and return it; default: now.

        Args:
            moment: seconds UTC.
            name: the field or option, for error messages.
            or_later: whether a moment in the future is allowed; an app's clock may be ahead.

        Raises:
            InputError: it lies in the future, or is older than the retention period.

        """
        now, first = self._aging.for_showing(), self.shown_from()
        if moment is None:
            return now
        meant = self._box.clock.told(moment)
        if meant > now and not or_later:
            raise InputError(
                f"{name}: {iso_utc(moment)} is in the future, it is {iso_utc(now)} here",
                hint="give a moment in the past, or correct the clock of this machine",
            )
        if meant < first:
            raise InputError(
                f"{name}: {iso_utc(moment)} is longer ago than the {self.kept().days} days for "
                "which viewings are kept",
                hint=f"give a moment after {iso_utc(first)}, or keep viewings for longer: "
                "edgeagent history retention",
            )
        return moment

    def deleted_before(self, days: int) -> int:
        """Return the moment, seconds UTC, before which viewings kept for ``days`` are deleted.

        It follows the proven time, not the box's clock: see
        ``edgeagent.services.timekeeping.aging``.
        """
        return max(0, self._aging.for_deleting() - days * DAY_SECONDS)

    def begin_deleting(self) -> int:
        """Record that pruning begins; return the moment, seconds UTC, before which it deletes."""
        days = self.kept().days
        WholeHistory(self._box.home.ledger).note(days, now=self._aging.for_deleting())
        return self.deleted_before(days)

    def _note_deletion(self) -> None:
        self._box.home.ledger.deletions.append("retention", at=self._box.clock.now())

    def _consented_days(self) -> int:
        try:
            return self._box.gate.consented_days() or MAX_RETENTION_DAYS
        except LedgerBroken:
            return MAX_RETENTION_DAYS

    def _anybody_reports(self) -> bool:
        ledger, gate = self._box.home.ledger, self._box.gate
        try:
            return any(
                gate.holds(Purpose.REPORTING, profile=profile)
                for profile in ledger.consenting_profiles()
            )
        except LedgerBroken:
            return False  # nothing is granted, so nothing is reported


def _narrowed(days: int, now: HouseholdState) -> HouseholdState:
    chosen = days if now.retention_days is None else min(days, now.retention_days)
    return msgspec.structs.replace(now, retention_days=chosen)
