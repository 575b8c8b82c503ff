"""What a file says was watched passes the gate of what an app says, asked again for each batch.

A long import runs beside everything else. Each batch asks inside its own transaction whether a
person has deleted or withdrawn anything since the import began: what the file still holds of it
would come back, so that such an import ends there.
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
from edgeagent.services.upkeep.export_format import ExportedMark

__all__ = ["Intake", "LeftOut"]

_Reason = Literal["future", "over_age", "private", "audience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How many viewings of a file were not taken in, and why."""

    future: int
    """By the clock of this box."""
    over_age: int
    """Longer ago than viewings are kept."""
    private: int
    """During a private session all, and of a past one what may have been watched in it."""
    audience: int
    """Of children, or of teens where they do not count."""


class Intake:
    """Takes viewings and marks of one file in, as long as nobody deletes or withdraws."""

    def __init__(self, box: BoxContext) -> None:
        """Begin: what is deleted from now on ends it."""
        self._box = box
        self._after = box.home.ledger.deletions.last()
        self._left: Counter[_Reason] = Counter()
        self.viewings = 0
        """How many are stored, or were there already."""

    def left_out(self) -> LeftOut:
        """Return how many viewings were left out so far."""
        left = self._left
        return LeftOut(
            future=left["future"],
            over_age=left["over_age"],
            private=left["private"],
            audience=left["audience"],
        )

    def mark(self, profile: str, mark: ExportedMark) -> None:
        """Take in what a profile has said about a title.

        Raises:
            StorageError: something was deleted meanwhile.

        """
        self._box.home.history.set_mark(
            profile,
            mark.entity_id,
            mark.mark,
            at=mark.marked_at,
            after=self._after,
            still=self._require_undisturbed,
        )

    def store(self, profile: str, events: Sequence[WatchEvent]) -> None:
        """Store what of a profile's events may be stored, in one transaction.

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
                f"{error}, during the import: {self.viewings} viewings had been taken in before "
                "that, and the rest was not",
                hint="grant it again and import again, if that is wanted",
            ) from error

    def _require_undisturbed(self) -> None:
        if self._box.home.ledger.deletions.last() != self._after:
            raise StorageError(
                "something was deleted or withdrawn during the import: "
                f"{self.viewings} viewings had been taken in before that, and the rest was not",
                hint="import again, if what the file holds of it may come back",
            )
