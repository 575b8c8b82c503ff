"""Viewings of titles that the catalogue does not hold: apps are often ahead of it.

They lie in the history like all others, carry no weight while nobody knows the title, and begin to
count on the day the catalogue learns it. A title that stays unknown is forgotten.
"""

from __future__ import annotations

from contextlib import suppress

from edgeagent.clock import DAY_SECONDS, week_of
from edgeagent.errors import LedgerBroken
from edgeagent.services.title_index import TitleIndex
from edgeagent.store import Home

__all__ = ["UNMATCHED_DAYS", "forget_unmatched"]

UNMATCHED_DAYS = 30
"""A catalogue comes daily; what it has not learned in a month it will not learn."""


def forget_unmatched(home: Home, *, titles: TitleIndex, now: int) -> int:
    """Delete the viewings of titles unknown to the catalogue, last watched 30 days ago or earlier.

    Without a catalogue nothing is unknown, and nothing is deleted.

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
