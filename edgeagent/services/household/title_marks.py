"""What a profile has said about single titles: not interested, forget it, not a reason."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.errors import LedgerBroken
from edgeagent.messages.codec import KeptMessage, canonical_bytes, decode
from edgeagent.messages.fields import EntityId, ProfileName
from edgeagent.services.context import BoxContext
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.store import HistoryStore, MarkedTitle, Reach, TitleMark
from edgeagent.store.rekey import Step

__all__ = ["TitleMarks"]

_CAP_BYTES = 4096


class _Forgetting(KeptMessage, frozen=True, kw_only=True):
    """A forgetting that has begun: it spans both databases, and lies encrypted in the ledger."""

    profile: ProfileName
    entity_id: EntityId
    seq: Annotated[int, Meta(ge=0)]
    """Its place in the ledger's chain: what is newer stays."""


class TitleMarks:
    """Hides, forgets and excludes titles, and takes that back where it can be.

    Picks that were made before a mark may show or cite the title; they are dropped with it.
    """

    def __init__(self, box: BoxContext, *, titles: TitleIndex) -> None:
        """Mark titles in the history of ``box``."""
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
        """Take hiding back and say whether there was something to take back."""
        return self._unmark(profile, entity_id, "hidden")

    def exclude(self, entity_id: str, *, profile: str) -> None:
        """Keep the viewings of a title, but give them no weight ("don't use as a reason").

        Raises:
            UnknownEntity: the catalogue does not hold it.
            InputError: there is no such profile.

        """
        self._mark(profile, entity_id, "not_reason")

    def include(self, entity_id: str, *, profile: str) -> bool:
        """Take excluding back and say whether there was something to take back."""
        return self._unmark(profile, entity_id, "not_reason")

    def forget(self, entity_id: str, *, profile: str, step: Step = lambda _: None) -> int:
        """Delete every viewing of a title, which cannot be taken back, and return how many.

        Waiting reports are called off, whether there was such a viewing or not; with a broken
        ledger when it is whole again, before anything is sent.

        Args:
            entity_id: which title.
            profile: whose viewings.
            step: called between the note of it and the deed; a seam for tests that lose power.

        Raises:
            InputError: there is no such profile.
            StorageError: it is not done yet; the next start goes on.

        """
        self._history.profile_kind(profile)
        deletions = self._box.home.ledger.deletions

        def placed(seq: int) -> bytes:
            return canonical_bytes(_Forgetting(profile=profile, entity_id=entity_id, seq=seq))

        try:
            seq = deletions.append("title", at=self._box.clock.now(), intent=placed)
        except LedgerBroken:  # then nothing is sent, and the title goes all the same
            deletions.owe()
            return self._history.forget(profile, entity_id)
        step("delete")
        deleted = self._history.forget(profile, entity_id)
        deletions.forgotten(seq)
        return deleted

    def finish(self) -> None:
        """Go on with forgettings that were interrupted; cheap when none was.

        Raises:
            StorageError: one is still not done.

        """
        deletions = self._box.home.ledger.deletions
        for body in deletions.forgettings():
            begun = decode(body, _Forgetting, cap_bytes=_CAP_BYTES)
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
