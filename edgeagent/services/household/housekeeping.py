"""Housekeeping: delete what is past its retention, in small batches while the box is idle."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from edgeagent.clock import DAY_SECONDS, week_of
from edgeagent.errors import LedgerBroken
from edgeagent.services.context import BoxContext
from edgeagent.services.household.retention import UNMATCHED_DAYS, Retention
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.services.timekeeping.dated_ahead import Ahead
from edgeagent.store import Home

__all__ = ["Housekeeping", "keep_house"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping:
    """The outcome of one run."""

    deleted: int
    """Number of viewings deleted because they were older than the retention period."""
    skipped: str
    """Why nothing was done; empty if something was."""


def keep_house(box: BoxContext, *, retention: Retention, titles: TitleIndex) -> Housekeeping:
    """Delete what is certainly older than retention allows; safe to call at any time.

    Viewings that a fast clock dated in the future get a date from which they age. Viewings of
    titles that the catalogue still does not contain after a month are deleted too.

    Nothing is written during a private session.
    """
    if box.private.ends_at() is not None:
        return Housekeeping(deleted=0, skipped="a private session is on")
    retention.keep_time()
    Ahead(box.home, clock=box.clock, on_time=retention.on_time).put_back()
    before = retention.begin_deleting()
    deleted = box.home.history.prune(before)
    _prune_previews(box.home, before=before - 1)
    unmatched_before = retention.deleted_before(0) - UNMATCHED_DAYS * DAY_SECONDS
    deleted += _forget_unmatched(box.home, titles=titles, before=unmatched_before)
    return Housekeeping(deleted=deleted, skipped="")


def _forget_unmatched(home: Home, *, titles: TitleIndex, before: int) -> int:
    """Delete the viewings of unknown titles that were last watched before a moment, seconds UTC.

    Apps often know titles before the catalogue does. Such viewings carry no weight until a
    catalogue contains the title. Without a catalogue no title counts as unknown, and nothing is
    deleted.

    Returns:
        How many viewings were deleted.

    """
    deleted = 0
    for profile in home.history.profiles():
        latest: dict[str, int] = {}
        for kept in home.history.kept(profile.name):
            latest[kept.viewing.entity_id] = kept.viewing.watched_on  # oldest first
        for entity_id in sorted(titles.unknown(set(latest))):
            if latest[entity_id] <= before:
                deleted += home.history.forget(profile.name, entity_id)
    if deleted:
        _prune_previews(home, before=before)
    return deleted


def _prune_previews(home: Home, *, before: int) -> None:
    """Delete the secrets and digests of previews, up to the week of a moment."""
    with suppress(LedgerBroken):  # a broken ledger shows no preview
        home.ledger.deletions.prune_previews(before_week=week_of(before) + 1)
