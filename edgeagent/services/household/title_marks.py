"""A profile's marks on single titles: not interested, forget it, do not use as a reason."""

from __future__ import annotations

from edgeagent.services.context import BoxContext
from edgeagent.services.household.forgetting import Forgetting
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.store import HistoryStore, MarkedTitle, TitleMark
from edgeagent.store.rekey import Step

__all__ = ["TitleMarks"]


class TitleMarks:
    """Hides, forgets and excludes titles; hiding and excluding can be undone.

    Stored picks may show or cite a title that is then marked, so a mark deletes them.
    """

    def __init__(self, box: BoxContext, *, titles: TitleIndex) -> None:
        """Store marks in the history of ``box``."""
        self._box = box
        self._forgetting = Forgetting(box)
        self._titles = titles

    def hide(self, entity_id: str, *, profile: str) -> None:
        """Never show a title again, and give it no weight ("not interested").

        Raises:
            UnknownEntity: the catalogue does not hold it.
            InputError: there is no such profile.

        """
        self._mark(profile, entity_id, "hidden")

    def unhide(self, entity_id: str, *, profile: str) -> bool:
        """Undo hiding; return whether the title was hidden."""
        return self._unmark(profile, entity_id, "hidden")

    def exclude(self, entity_id: str, *, profile: str) -> None:
        """Keep the viewings of a title, but give them no weight ("don't use as a reason").

        Raises:
            UnknownEntity: the catalogue does not hold it.
            InputError: there is no such profile.

        """
        self._mark(profile, entity_id, "not_reason")

    def include(self, entity_id: str, *, profile: str) -> bool:
        """Undo excluding; return whether the title was excluded."""
        return self._unmark(profile, entity_id, "not_reason")

    def forget(self, entity_id: str, *, profile: str, step: Step = lambda _: None) -> int:
        """Delete every viewing of a title, which cannot be undone, and return how many.

        Waiting reports are cancelled whether or not there was such a viewing, so that silence
        reveals nothing. With a broken ledger they are cancelled once it is whole, before anything
        is sent.

        Args:
            entity_id: which title.
            profile: whose viewings.
            step: called between recording the request and deleting; tests simulate a power loss
                there.

        Raises:
            InputError: there is no such profile.
            StorageError: it is unfinished; the next start completes it.

        """
        return self._forgetting.title(entity_id, profile=profile, step=step)

    def marked(self, *, profile: str) -> tuple[MarkedTitle, ...]:
        """Return every mark of a profile.

        Raises:
            InputError: there is no such profile.

        """
        self._history.profile_kind(profile)
        return self._history.marked(profile)

    def _mark(self, profile: str, entity_id: str, mark: TitleMark) -> None:
        self._titles.require({entity_id})
        after = self._box.home.ledger.deletions.last()
        self._history.set_mark(profile, entity_id, mark, at=self._box.clock.now(), after=after)
        self._history.drop_picks(profile)

    def _unmark(self, profile: str, entity_id: str, mark: TitleMark) -> bool:
        self._history.profile_kind(profile)
        return self._history.clear_mark(profile, entity_id, mark)

    @property
    def _history(self) -> HistoryStore:
        return self._box.home.history
