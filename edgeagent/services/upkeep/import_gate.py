"""Imported viewings pass the same checks as an app's, repeated for each batch.

A long import runs beside everything else. Each batch checks inside its own transaction whether
anything was deleted or withdrawn since the import began; if so the import stops, because the file
may still hold the deleted data and would bring it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ConsentRequired, StorageError
from edgeagent.messages import WatchEvent
from edgeagent.services.context import BoxContext
from edgeagent.services.upkeep.export_format import ExportedCreativeMark, ExportedMark

__all__ = ["Intake", "LeftOut"]

_Reason = Literal["future", "over_age", "private", "audience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How many viewings of a file were not imported, by reason."""

    future: int
    """Dated in the future by this box's clock."""
    over_age: int
    """Older than the retention period."""
    private: int
    """All viewings during a private session, and those that may fall into a past one."""
    audience: int
    """Of children, or of teens where they do not count."""


class Intake:
    """Imports viewings and marks of one file, until something is deleted or withdrawn."""

    def __init__(self, box: BoxContext) -> None:
        """Begin an import; any deletion from now on stops it."""
        self._box = box
        self._after = box.home.ledger.deletions.last()
        self._left: Counter[_Reason] = Counter()
        self.viewings = 0
        """How many are stored or were stored already."""

    def left_out(self) -> LeftOut:
        """Return how many viewings were left out so far, by reason."""
        left = self._left
        return LeftOut(
            future=left["future"],
            over_age=left["over_age"],
            private=left["private"],
            audience=left["audience"],
        )

    def mark(self, profile: str, mark: ExportedMark) -> None:
        """Import a profile's mark on a title.

        Raises:
            StorageError: something was deleted since the import began.

        """
        self._box.home.history.set_mark(
            profile,
            mark.entity_id,
            mark.mark,
            at=mark.marked_at,
            after=self._after,
            still=self._require_undisturbed,
        )

    def hide(self, profile: str, mark: ExportedCreativeMark) -> None:
        """Import what a profile does not want to see.

        Raises:
            StorageError: something was deleted since the import began.

        """
        self._box.home.history.showings.hide(
            profile,
            mark.kind,
            mark.name,
            at=mark.marked_at,
            after=self._after,
            still=self._require_undisturbed,
        )

    def store(self, profile: str, events: Sequence[WatchEvent]) -> None:
        """Store those of a profile's events that may be stored, in one transaction.

        Raises:
            ConsentRequired: ``history`` was withdrawn meanwhile; nothing of these is stored.
            StorageError: something was deleted meanwhile; nothing of these is stored.

        """

        def still() -> None:
            self._granted(profile)
            self._require_undisturbed()

        grant = self._granted(profile)
        self._require_undisturbed()
        audience, private = self._box.audience, self._box.private
        is_counted = audience.counts(self._box.home.history.profile_kind(profile))
        is_private = private.ends_at() is not None
        first, now = self._box.home.shown.since(), self._box.clock.now()

        def why_not(event: WatchEvent) -> _Reason | None:
            if not (is_counted and audience.counts(event.age_policy)):
                return "audience"
            if is_private or private.covers(event.watched_on):
                return "private"
            if event.watched_on > now:
                return "future"
            return "over_age" if event.watched_on < first else None

        reasons = [why_not(event) for event in events]
        allowed = [event for event, reason in zip(events, reasons, strict=True) if reason is None]
        if allowed:
            self._box.home.history.add(allowed, grant, source="imported", still=still)
        self.viewings += len(allowed)
        self._left.update(reason for reason in reasons if reason is not None)

    def _granted(self, profile: str) -> Grant:
        try:
            return self._box.gate.grant(Purpose.HISTORY, profile=profile)
        except ConsentRequired as error:
            raise ConsentRequired(
                f"{error}, during the import: {self.viewings} viewings had been imported before "
                "that, and the rest was not",
                hint="to import the rest, grant it again and repeat the import",
            ) from error

    def _require_undisturbed(self) -> None:
        if self._box.home.ledger.deletions.last() != self._after:
            raise StorageError(
                "something was deleted or withdrawn during the import: "
                f"{self.viewings} viewings had been imported before that, and the rest was not",
                hint="to import the rest, repeat the import; it brings back what the file holds",
            )
