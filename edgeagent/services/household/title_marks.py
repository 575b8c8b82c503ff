"""A profile's marks on single titles: not interested, forget it, do not use as a reason."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.errors import LedgerBroken
from edgeagent.messages.codec import KeptMessage, canonical_bytes, decode
from edgeagent.messages.fields import EntityId, ProfileName
from edgeagent.services.context import BoxContext
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.store import EVERYTHING, HistoryStore, MarkedTitle, Reach, TitleMark
from edgeagent.store.rekey import Step

__all__ = ["TitleMarks"]

_CAP_BYTES = 4096


class _Forgetting(KeptMessage, frozen=True, kw_only=True):
    """A forget request that was begun; stored, encrypted, because it spans both databases."""

    profile: ProfileName
    entity_id: EntityId
    seq: Annotated[int, Meta(ge=0)]
    """Its sequence number in the ledger's chain: newer viewings stay."""


class TitleMarks:
    """Hides, forgets and excludes titles; hiding and excluding can be undone.

    Stored picks may show or cite a title that is then marked, so a mark deletes them.
    """

    def __init__(self, box: BoxContext, *, titles: TitleIndex) -> None:
        """Store marks in the history of ``box``."""
        self._box = box
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
        self._history.profile_kind(profile)
        deletions = self._box.home.ledger.deletions

        def placed(seq: int) -> bytes:
            return canonical_bytes(_Forgetting(profile=profile, entity_id=entity_id, seq=seq))

        try:
            seq = deletions.append("title", at=self._box.clock.now(), intent=placed)
        except LedgerBroken:  # nothing is sent then; the viewings are deleted anyway
            deletions.owe()
            self._history.showings.drop(before_seq=EVERYTHING.seq)
            return self._history.forget(profile, entity_id)
        step("delete")
        self._history.showings.drop(before_seq=seq)
        deleted = self._history.forget(profile, entity_id)
        deletions.forgotten(seq)
        return deleted

    def finish(self) -> None:
        """Finish forget requests that were interrupted; cheap if none was.

        Raises:
            StorageError: one is still unfinished.

        """
        deletions = self._box.home.ledger.deletions
        for body in deletions.forgettings():
            begun = decode(body, _Forgetting, cap_bytes=_CAP_BYTES)
            self._history.showings.drop(before_seq=begun.seq)
            self._history.forget(begun.profile, begun.entity_id, reach=Reach(seq=begun.seq))
            deletions.forgotten(begun.seq)

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
