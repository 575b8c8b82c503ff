"""What was on the screen: the household's log, and counts in memory where nothing may be logged.

Frequency caps hold for everybody. Where nothing is stored (no consent, a kid's profile, a private
session, an app) they are kept in memory until the service ends, apart from each other: what an app
is answered must not depend on what the household was shown, and nothing on a private session.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ConsentRequired, InputError, LedgerBroken, StorageError
from edgeagent.promotion.showing import Instant, Showing
from edgeagent.services.context import BoxContext

__all__ = ["ShowingCounts"]

_BATCH = 8
"""A transaction writes 8 KB whatever is in it; an evening has a few dozen showings."""
_MOST_REMEMBERED = 1000
"""Of one memory; the oldest go first. More than one a minute of an evening."""
_MOST_APPS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnstoredShowing:
    """A showing that is not stored yet."""

    showing: Showing
    grant: Grant
    after: int


class ShowingCounts:
    """Counts what was shown, to whom."""

    def __init__(self, box: BoxContext) -> None:
        """Keep the log in the history of ``box``."""
        self._box = box
        self._waiting: list[_UnstoredShowing] = []
        self._memories: dict[str, list[Showing]] = {}
        self._private_began: tuple[float, bool] | None = None

    def instant(self) -> Instant:
        """Return the present moment, by both clocks."""
        clock = self._box.clock
        return Instant(
            at=clock.now(),
            boot_id=clock.boot_id(),
            boot_seconds=clock.boot_seconds(),
            certain=clock.is_known(),
        )

    def grant(self, profile: str) -> Grant | None:
        """Return the grant to log and to use taste; ``None`` in a private session, or without."""
        if self._box.private.ends_at() is not None:
            return None
        try:
            return self._box.gate.grant(Purpose.PROMOTION, profile=profile)
        except (ConsentRequired, LedgerBroken):
            return None

    def logged(self, grant: Grant) -> tuple[Showing, ...]:
        """Return what was shown to the profile of a grant, oldest first."""
        stored = self._box.home.history.showings.read(
            grant.profile, since=self._box.home.shown.since()
        )
        waiting = (
            each.showing
            for each in self._waiting
            if each.grant.profile == grant.profile and self._stands(each)
        )
        return (*stored, *waiting)

    def remembered(self, who: str) -> tuple[Showing, ...]:
        """Return what was shown to ``who`` since the service began."""
        return tuple(self._memories.get(who, ()))

    def private_name(self) -> str | None:
        """Return the name of the present private session's own memory; ``None``: none is on."""
        change = self._box.private.last_change()
        if change != self._private_began:  # another session, or its end: nothing of it is left
            self._memories.pop("private", None)
            self._private_began = change
        return "private" if self._box.private.ends_at() is not None else None

    def log(self, showing: Showing, grant: Grant) -> None:
        """Add a showing to the log of a profile; it is stored with the next batch."""
        after = self._box.home.ledger.tip()[0] - 1
        self._waiting.append(_UnstoredShowing(showing=showing, grant=grant, after=after))
        if len(self._waiting) >= _BATCH:
            self.flush()

    def remember(self, showing: Showing, who: str) -> None:
        """Count a showing in memory only."""
        if who not in self._memories and len(self._memories) >= _MOST_APPS:
            self._memories.pop(next(iter(self._memories)))
        kept = self._memories.setdefault(who, [])
        kept.append(showing)
        del kept[:-_MOST_REMEMBERED]

    def flush(self) -> None:
        """Store what waits, but nothing whose consent has ended or that a deletion has reached."""
        waiting, self._waiting = self._waiting, []
        by_profile: dict[str, list[_UnstoredShowing]] = {}
        for each in waiting:
            by_profile.setdefault(each.grant.profile, []).append(each)
        for batch in by_profile.values():
            # The profile may be gone; and a log that cannot be written is no reason to fail.
            with suppress(InputError, StorageError):
                self._store(batch)

    def _store(self, batch: list[_UnstoredShowing]) -> None:
        kept = [each for each in batch if self._stands(each)]
        if kept:
            self._box.home.history.showings.add(
                [each.showing for each in kept],
                kept[-1].grant,
                after=min(each.after for each in kept),
                still=lambda: all(map(self._stands, kept)),
            )

    def _stands(self, waiting: _UnstoredShowing) -> bool:
        """Return whether nothing was deleted since, and the consent was not withdrawn."""
        return (
            self._box.gate.last_deletion() <= waiting.after
            and self._box.gate.holds(Purpose.PROMOTION, profile=waiting.grant.profile)
            and all(
                dated.seq <= waiting.after
                for dated in self._box.home.ledger.dated_consents()
                if dated.record.purpose is Purpose.PROMOTION and dated.record.event == "withdrawn"
            )
        )
