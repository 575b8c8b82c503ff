"""Retention: viewings are deleted when their time is over, in small batches at an idle moment."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from edgeagent.clock import DAY_SECONDS, iso_utc, week_of
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, LedgerBroken, StorageError
from edgeagent.messages.fields import MAX_RETENTION_DAYS, MIN_DAYS_WHILE_REPORTING
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.context import BoxContext
from edgeagent.services.household.dating import date_viewings
from edgeagent.services.household.profiles import HouseholdStateStore
from edgeagent.services.household.whole_history import WholeHistory
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.services.timekeeping.aging import Aging
from edgeagent.services.timekeeping.dated_ahead import Ahead
from edgeagent.services.timekeeping.on_time import OnTime
from edgeagent.store import Home

__all__ = [
    "UNMATCHED_DAYS",
    "Housekeeping",
    "Retention",
    "RetentionPeriod",
    "forget_unmatched",
    "kept",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPeriod:
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

    def __init__(self, box: BoxContext, *, allowed_days: int, titles: TitleIndex) -> None:
        """Prune the history of ``box``; ``allowed_days`` is what the settings say."""
        self._box = box
        self._titles = titles
        self._aging = Aging(box.home.ledger, clock=box.clock)
        self.on_time = OnTime(box.home.ledger, clock=box.clock)
        self._allowed_days = min(allowed_days, MAX_RETENTION_DAYS)
        self._states = HouseholdStateStore(box.home.ledger)

    def kept(self) -> RetentionPeriod:
        """Return how long viewings are kept."""
        return kept(self._box.home, gate=self._box.gate, allowed_days=self._allowed_days)

    def choose(self, days: int | None) -> RetentionPeriod:
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
            self._box.home.ledger.deletions.append("retention", at=self._box.clock.now())
        self._states.update(retention_days=days)
        return self.kept()

    def housekeeping(self) -> Housekeeping:
        """Delete what is surely older than retention allows; safe to call at any time.

        What a clock that ran ahead has dated in the future gets a date from which it ages. With
        what is over age go viewings of titles that the catalogue has not learned in a month.

        Nothing is written during a private session.
        """
        if self._box.private.ends_at() is not None:
            return Housekeeping(deleted=0, skipped="a private session is on")
        self.keep_time()
        Ahead(self._box.home, clock=self._box.clock, on_time=self.on_time).put_back()
        days = self.kept().days
        WholeHistory(self._box.home.ledger).note(days, now=self._aging.for_deleting())
        before = self.deleted_before(days)
        deleted = self._box.home.history.prune(before)
        with suppress(LedgerBroken):  # then there is no preview
            week = week_of(before - 1)
            self._box.home.ledger.deletions.prune_previews(before_week=week + 1)
        now = self.deleted_before(0)
        deleted += forget_unmatched(self._box.home, titles=self._titles, now=now)
        return Housekeeping(deleted=deleted, skipped="")

    def begin(self) -> None:
        """Note when a new box began to count how long it is on; opens no history.

        From then on nothing over age is read from the history, and nothing without a date that
        could have one.
        """
        self._box.home.shown.since = self.shown_from
        self._box.home.shown.dated = self._date_for_readers
        self.on_time.begin()

    def keep_time(self) -> None:
        """Note what is known of the time, where that is news, and date viewings without a date.

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
        with suppress(StorageError):  # no room to write: they are read as they are
            self.date_viewings()

    def shown_from(self) -> int:
        """Return since when viewings are shown and used, seconds UTC, by the clock of the box.

        What is older is over age: at once neither shown nor used, whenever it is deleted.
        """
        return self._aging.for_showing() - self.kept().days * DAY_SECONDS

    def told(self, moment: int | None, *, name: str, or_later: bool = False) -> int:
        """Return the moment at which somebody says that something was watched; now, if at none.

        Args:
            moment: seconds UTC.
            name: of the field or option, for messages.
            or_later: whether it may lie in the future, as by a clock that is ahead of ours.

        Raises:
            InputError: it lies in the future, or would be over age at once.

        """
        now, first = self._aging.for_showing(), self.shown_from()
        if moment is None:
            return now
        meant = self._box.clock.told(moment)
        if meant > now and not or_later:
            raise InputError(
                f"{name}: {iso_utc(moment)} is in the future, it is {iso_utc(now)} here",
                hint="name a moment that is past, or put the clock of this machine right",
            )
        if meant < first:
            raise InputError(
                f"{name}: {iso_utc(moment)} is longer ago than the {self.kept().days} days for "
                "which viewings are kept",
                hint=f"name a moment after {iso_utc(first)}, or keep viewings for longer: "
                "edgeagent history retention",
            )
        return moment

    def deleted_before(self, days: int) -> int:
        """Return before which moment, seconds UTC, what is kept for ``days`` is deleted.

        It is later than by the clock of the box: see ``edgeagent.services.timekeeping.aging``.
        """
        return max(0, self._aging.for_deleting() - days * DAY_SECONDS)


def kept(home: Home, *, gate: ConsentGate, allowed_days: int) -> RetentionPeriod:
    """Return how long viewings are kept where the settings allow ``allowed_days``."""
    allowed = min(allowed_days, MAX_RETENTION_DAYS)
    chosen = HouseholdStateStore(home.ledger).load().retention_days
    days = min(chosen or allowed, allowed)
    floor = MIN_DAYS_WHILE_REPORTING if _anybody_reports(home, gate) else 1
    return RetentionPeriod(
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


UNMATCHED_DAYS = 30
"""A catalogue comes daily; what it has not learned in a month it will not learn."""


def forget_unmatched(home: Home, *, titles: TitleIndex, now: int) -> int:
    """Delete the viewings of titles unknown to the catalogue, last watched 30 days ago or earlier.

    Apps are often ahead of the catalogue. Such viewings carry no weight, and begin to count on the
    day the catalogue learns the title. Without a catalogue nothing is unknown, and nothing is
    deleted.

    Returns:
        How many viewings were deleted.

    """
    before = now - UNMATCHED_DAYS * DAY_SECONDS
    deleted = 0
    for profile in home.history.profiles():
        latest: dict[str, int] = {}
        for kept in home.history.kept(profile.name):
            latest[kept.viewing.entity_id] = kept.viewing.watched_on  # oldest first
        for entity_id in sorted(titles.unknown(set(latest))):
            if latest[entity_id] <= before:
                deleted += home.history.forget(profile.name, entity_id)
    if deleted:
        with suppress(LedgerBroken):  # then there is no preview
            home.ledger.deletions.prune_previews(before_week=week_of(before) + 1)
    return deleted
