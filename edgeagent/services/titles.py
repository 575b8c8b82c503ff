"""What a profile has said about single titles: not interested, forget it, not a reason."""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.errors import LedgerBroken
from edgeagent.services.title_index import TitleIndex
from edgeagent.store import HistoryStore, Home, MarkedTitle, TitleMark

__all__ = ["TitleMarks"]


class TitleMarks:
    """Hides, forgets and excludes titles, and takes that back where it can be.

    Picks that were made before a mark may show or cite the title; they are dropped with it.
    """

    def __init__(self, home: Home, *, titles: TitleIndex, clock: Clock) -> None:
        """Mark titles in the history of ``home``."""
        self._home = home
        self._titles = titles
        self._clock = clock

    def hide(self, entity_id: str, *, profile: str) -> None:
        """Never show a title again, and give it no weight ("not interested").

        Raises:
            UnknownEntity: the catalogue does not hold it.
            InputError: there is no such profile.

        """
        self._titles.require({entity_id})
        self._mark(profile, entity_id, "hidden")
        self._history.drop_picks(profile)

    def unhide(self, entity_id: str, *, profile: str) -> bool:
        """Take hiding back and say whether there was something to take back."""
        self._history.profile_kind(profile)
        return self._history.clear_mark(profile, entity_id, "hidden")

    def exclude(self, entity_id: str, *, profile: str) -> None:
        """Keep the viewings of a title, but give them no weight ("don't use as a reason").

        Raises:
            UnknownEntity: the catalogue does not hold it.
            InputError: there is no such profile.

        """
        self._titles.require({entity_id})
        self._mark(profile, entity_id, "not_reason")
        self._history.drop_picks(profile)

    def include(self, entity_id: str, *, profile: str) -> bool:
        """Take excluding back and say whether there was something to take back."""
        self._history.profile_kind(profile)
        return self._history.clear_mark(profile, entity_id, "not_reason")

    def forget(self, entity_id: str, *, profile: str) -> int:
        """Delete every viewing of a title, which cannot be taken back, and return how many.

        Waiting reports are called off, whether there was such a viewing or not; with a broken
        ledger when it is whole again, before anything is sent.

        Raises:
            InputError: there is no such profile.

        """
        self._history.profile_kind(profile)
        deletions = self._home.ledger.deletions
        try:
            deletions.append("title", at=self._clock.now())
        except LedgerBroken:  # then nothing is sent, and the title goes all the same
            deletions.owe()
        return self._history.forget(profile, entity_id)

    def marked(self, *, profile: str) -> tuple[MarkedTitle, ...]:
        """Return every mark of a profile.

        Raises:
            InputError: there is no such profile.

        """
        self._history.profile_kind(profile)
        return self._history.marked(profile)

    def _mark(self, profile: str, entity_id: str, mark: TitleMark) -> None:
        after = self._home.ledger.deletions.last()
        self._history.set_mark(profile, entity_id, mark, at=self._clock.now(), after=after)

    @property
    def _history(self) -> HistoryStore:
        return self._home.history
