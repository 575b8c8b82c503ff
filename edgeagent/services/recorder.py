"""Record what was watched: consent first, then one durable transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import msgspec

from edgeagent.consent import Grant, Purpose
from edgeagent.errors import MalformedMessage
from edgeagent.messages import WatchEvent, checked
from edgeagent.services.context import BoxContext
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.store import BootTime

__all__ = ["Recorded", "Recorder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The outcome for the events of one call."""

    stored: int
    ignored_child: int
    """``app:child`` viewings and those of kids' profiles: never stored, whatever the consent."""
    ignored_private: int = 0
    """Viewings that fall, or may fall, into a private session, however late they are reported:
    nothing of them is stored."""
    unmatched: int = 0
    """Of those stored: ids that the catalogue does not contain yet."""


class Recorder:
    """Stores watch events."""

    def __init__(self, box: BoxContext, *, titles: TitleIndex) -> None:
        """Store in the history of ``box`` what its consent gate allows."""
        self._box = box
        self._titles = titles

    def record(
        self,
        events: Sequence[WatchEvent],
        *,
        keep_unknown: bool = False,
        seen_since: int | None = None,
    ) -> Recorded:
        """Store events of one or more profiles, in one transaction per profile.

        Events dated in the future are dated now: an app's clock may be ahead of the box's.

        Args:
            events: what was watched.
            keep_unknown: also store ids that the catalogue does not contain, as apps may know
                titles earlier; :data:`~edgeagent.services.household.retention.UNMATCHED_DAYS` says
                how long.
            seen_since: the sequence number of the last deletion when the box itself saw these
                viewings begin, outside any private session, so that no past session can cover them.
                If anything was deleted since, nothing is stored, because it would come back under
                its old date.

        Raises:
            MalformedMessage: a field out of range; nothing was stored.
            UnknownEntity: an id that the catalogue does not contain; nothing was stored.
            ConsentRequired: a profile has not granted ``history``; nothing of it was stored.

        """
        valid = _checked(events)
        kept = [event for event in valid if self._counts(event)]
        unknown = self._titles.unknown({event.entity_id for event in kept})
        if unknown and not keep_unknown:
            self._titles.require(unknown)
        profiles = sorted({event.profile for event in kept})
        for profile in profiles:  # all of them before anything is stored
            self._box.gate.grant(Purpose.HISTORY, profile=profile)
        # Checked after consent, or an app without consent could detect the session.
        if self._box.private.ends_at() is not None:
            return Recorded(stored=0, ignored_child=0, ignored_private=len(valid))
        seen = seen_since is not None
        public = [event for event in kept if seen or not self._was_private(event)]
        try:
            for profile in profiles:
                own = [self._dated(event) for event in public if event.profile == profile]
                if own:
                    self._store(own, profile, seen_since)
        except _DeletedSinceError:
            return Recorded(stored=0, ignored_child=len(valid) - len(kept))
        return Recorded(
            stored=len(public),
            ignored_child=len(valid) - len(kept),
            ignored_private=len(kept) - len(public),
            unmatched=sum(event.entity_id in unknown for event in public),
        )

    def _store(self, events: Sequence[WatchEvent], profile: str, since: int | None) -> None:
        """Store a profile's events under a grant that holds inside the transaction.

        Raises:
            ConsentRequired: ``history`` was withdrawn meanwhile; nothing was stored.
            _DeletedSinceError: something was deleted since a place in the chain; none was stored.

        """
        while True:
            grant = self._box.gate.grant(Purpose.HISTORY, profile=profile)
            if since is not None and grant.after != since:
                raise _DeletedSinceError
            still = partial(self._require_nothing_deleted, grant)
            with suppress(_OvertakenError):  # retry: these events are newer than that deletion
                self._box.home.history.add(events, grant, undated=self._boot_time(), still=still)
                return

    def _require_nothing_deleted(self, grant: Grant) -> None:
        """Raise, inside the transaction, if something was deleted since the grant was minted."""
        if self._box.gate.last_deletion() != grant.after:
            raise _OvertakenError

    def _was_private(self, event: WatchEvent) -> bool:
        """Return whether a viewing may have been in a past session; one dated now was not."""
        told = event.watched_on
        moments = {told, self._box.clock.told(told)} - {self._box.clock.now()}
        return any(self._box.private.covers(moment) for moment in moments)

    def _boot_time(self) -> BootTime | None:
        """Return the boot time by which viewings are dated later, while the clock is wrong."""
        if not self._box.clock.is_behind():
            return None
        _, ahead_seconds = self._box.clock.offsets()
        return BootTime(boot_id=self._box.clock.boot_id(), ahead_seconds=ahead_seconds)

    def _dated(self, event: WatchEvent) -> WatchEvent:
        dated = min(self._box.clock.told(event.watched_on), self._box.clock.now())
        return msgspec.structs.replace(event, watched_on=dated)

    def _counts(self, event: WatchEvent) -> bool:
        kind = self._box.home.history.profile_kind(event.profile)
        return self._box.audience.counts(event.age_policy) and self._box.audience.counts(kind)


class _DeletedSinceError(Exception):
    """The viewings that the box saw begin are older than a deletion."""


class _OvertakenError(Exception):
    """Something was deleted between minting a grant and storing under it."""


def _checked(events: object) -> list[WatchEvent]:
    """Return the caller's events, each one checked."""
    listed = list(events) if isinstance(events, Iterable) else [events]
    valid = [checked(event) for event in listed if isinstance(event, WatchEvent)]
    if len(valid) < len(listed):
        raise MalformedMessage(
            "expected a WatchEvent or a list of them",
            hint="pass WatchEvent objects; the type is in edgeagent.messages",
        )
    return valid
