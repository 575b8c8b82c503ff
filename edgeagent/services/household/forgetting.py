"""Delete viewings that a person points at: those of a title, or those of a span of time."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, structs

from edgeagent.errors import InputError, LedgerBroken
from edgeagent.messages.codec import KeptMessage, canonical_bytes, decode
from edgeagent.messages.fields import EntityId, ProfileName, Seconds
from edgeagent.services.context import BoxContext
from edgeagent.store import EVERYTHING, HistoryStore, Reach, ViewingSpan
from edgeagent.store.rekey import Step

__all__ = ["Forgetting"]

_CAP_BYTES = 4096


class _Begun(KeptMessage, frozen=True, kw_only=True):
    """A request that was begun; stored, encrypted, because it spans both databases."""

    profile: ProfileName
    entity_id: EntityId | None = None
    """Which title; ``None``: every title in the span."""
    since: Seconds | None = None
    """Start of the span; ``None``: the viewings of the title, whenever."""
    until: Seconds | None = None
    """Its end; ``None``: it has none."""
    seq: Annotated[int, Meta(ge=0)]
    """Its sequence number in the ledger's chain: newer viewings stay."""


class Forgetting:
    """Deletes viewings, which cannot be undone, and with them the picks that may cite them.

    Waiting reports are cancelled whether or not there was such a viewing, so that silence reveals
    nothing. With a broken ledger they are cancelled once it is whole, before anything is sent.
    """

    def __init__(self, box: BoxContext) -> None:
        """Delete from the history of ``box``."""
        self._box = box

    def title(self, entity_id: str, *, profile: str, step: Step = lambda _: None) -> int:
        """Delete every viewing of a title, and return how many.

        Args:
            entity_id: which title.
            profile: whose viewings.
            step: called between recording the request and deleting; tests simulate a power loss
                there.

        Raises:
            InputError: there is no such profile.
            StorageError: it is unfinished; the next start completes it.

        """
        return self._begin("title", _Begun(profile=profile, entity_id=entity_id, seq=0), step)

    def span(self, span: ViewingSpan, *, profile: str, step: Step = lambda _: None) -> int:
        """Delete every viewing that began in a span of time, and return how many.

        Args:
            span: which time, and which title if only one is meant.
            profile: whose viewings.
            step: as for :meth:`title`.

        Raises:
            InputError: there is no such profile, or the span ends before it begins.
            StorageError: it is unfinished; the next start completes it.

        """
        if span.until is not None and span.until <= span.since:
            raise InputError(
                "the span of time ends before it begins",
                hint="let 'until' be later than 'since'; without it the span has no end",
            )
        begun = _Begun(
            profile=profile,
            entity_id=span.entity_id,
            since=span.since,
            until=span.until,
            seq=0,
        )
        return self._begin("viewings", begun, step)

    def _begin(self, kind: Literal["title", "viewings"], asked: _Begun, step: Step) -> int:
        self._history.profile_kind(asked.profile)
        deletions = self._box.home.ledger.deletions

        def placed(seq: int) -> bytes:
            return canonical_bytes(_at(asked, seq))

        try:
            seq = deletions.append(kind, at=self._box.clock.now(), intent=placed)
        except LedgerBroken:  # nothing is sent then; the viewings are deleted anyway
            deletions.owe()
            return self._delete(_at(asked, EVERYTHING.seq))
        step("delete")
        deleted = self._delete(_at(asked, seq))
        deletions.forgotten(kind, seq)
        return deleted

    def finish(self) -> None:
        """Finish requests that were interrupted; cheap if none was.

        Raises:
            StorageError: one is still unfinished.

        """
        deletions = self._box.home.ledger.deletions
        for kind, body in deletions.forgettings():
            begun = decode(body, _Begun, cap_bytes=_CAP_BYTES)
            self._delete(begun)
            deletions.forgotten(kind, begun.seq)

    def _delete(self, begun: _Begun) -> int:
        reach = Reach(seq=begun.seq)
        self._history.drop_derived(before_seq=begun.seq)
        if begun.since is None:
            return self._history.forget(begun.profile, begun.entity_id or "", reach=reach)
        span = ViewingSpan(since=begun.since, until=begun.until, entity_id=begun.entity_id)
        return self._history.forget_span(begun.profile, span, reach=reach)

    @property
    def _history(self) -> HistoryStore:
        return self._box.home.history


def _at(begun: _Begun, seq: int) -> _Begun:
    return structs.replace(begun, seq=seq)
