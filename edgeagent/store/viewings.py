"""Viewings: reads of the history, each for one profile.

Viewings past their retention are deleted at the next housekeeping and not read until then: every
read method applies the earliest shown date itself, so that no caller can forget it. Before each
read, undated viewings are dated if the time is known by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from edgeagent.messages import PackedViewings, Viewing
from edgeagent.store.database import Database
from edgeagent.store.events import COLUMNS, KeptViewing, read_kept, viewing_of

__all__ = ["Shown", "ToldByApp", "Viewings"]

_LATEST = 2**62  # later than every date that a message can hold
_OLDEST_SQL = """
    SELECT min(watched_on) FROM events WHERE profile = ?1 AND (watched_on, entity_id) NOT IN
    (SELECT watched_on, entity_id FROM undated WHERE profile = ?1)
"""
_APPS_SQL = """
    SELECT app, count(*), min(iif(seq IS NULL, watched_on, NULL)),
        max(iif(seq IS NULL, watched_on, NULL))
    FROM events LEFT JOIN undated USING (profile, watched_on, entity_id)
    WHERE profile = ? AND watched_on >= ? GROUP BY app ORDER BY count(*) DESC, app
"""
_NEWEST_SQL = _OLDEST_SQL.replace("min(", "max(")


@dataclass(slots=True)
class Shown:
    """Which viewings are shown; set once the retention period is known."""

    since: Callable[[], int] = lambda: 0
    """Returns the earliest shown date, seconds UTC, by the box's clock."""
    dated: Callable[[], None] = lambda: None
    """Dates undated viewings, if the time is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldByApp:
    """How many of a profile's viewings one app told of, and when they were."""

    app: str | None
    """See :data:`~edgeagent.messages.fields.AppName`; ``None``: typed in, imported, or stored by a
    release that did not note it."""
    viewings: int
    first_on: int | None
    """Start of the earliest, seconds UTC; ``None`` while none has a date."""
    last_on: int | None
    """Start of the latest."""


class Viewings:
    """Reads of viewings."""

    _database: Database
    _shown: Shown

    def _shown_since(self) -> int:
        self._shown.dated()
        return self._shown.since()

    def window(
        self, profile: str, *, since: int = 0, limit: int = 500, teens: bool = True
    ) -> tuple[Viewing, ...]:
        """Return the latest ``limit`` viewings from ``since`` on, oldest first; see ``between``."""
        rows = self._latest(profile, since=since, limit=limit, teens=teens)
        return tuple(viewing_of(row) for row in rows)

    def packed_window(self, profile: str, *, limit: int, teens: bool) -> PackedViewings:
        """Return the latest ``limit`` viewings, oldest first, for a model."""
        return PackedViewings.of_rows(self._latest(profile, since=0, limit=limit, teens=teens))

    def _latest(
        self, profile: str, *, since: int, limit: int, teens: bool
    ) -> Iterator[tuple[Any, ...]]:
        return reversed(
            self._database.read(
                f"SELECT {COLUMNS} FROM events WHERE profile = ? AND watched_on >= ? "  # noqa: S608
                "AND (teen = 0 OR ?) ORDER BY watched_on DESC, entity_id DESC LIMIT ?",
                (profile, max(since, self._shown_since()), teens, limit),
            )
        )

    def between(
        self,
        profile: str,
        start: int,
        end: int,
        *,
        include_imported: bool = False,
        teens: bool = True,
    ) -> tuple[Viewing, ...]:
        """Return the viewings with ``start`` ≤ watched_on < ``end``, oldest first.

        Imported ones are included only on request, since they never enter a report. Without
        ``teens``, viewings that an app marked as a teen's are left out.
        """
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM events "  # noqa: S608  (our own column names)
            "WHERE profile = ? AND watched_on >= ? AND watched_on < ? "
            "AND (source = 'watched' OR ?) AND (teen = 0 OR ?) ORDER BY watched_on, entity_id",
            (profile, max(start, self._shown_since()), end, include_imported, teens),
        )
        return tuple(viewing_of(row) for row in rows)

    def page(
        self,
        profile: str,
        *,
        limit: int = 50,
        before: Viewing | None = None,
        entity_id: str | None = None,
    ) -> tuple[Viewing, ...]:
        """Return a page of viewings, newest first.

        Args:
            profile: whose viewings.
            limit: the maximum number.
            before: the last viewing of the previous page.
            entity_id: only viewings of this title.

        """
        key = (_LATEST, "") if before is None else (before.watched_on, before.entity_id)
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM events "  # noqa: S608  (our own column names)
            "WHERE profile = ? AND (watched_on, entity_id) < (?, ?) "
            "AND (?4 IS NULL OR entity_id = ?4) AND watched_on >= ?5 "
            "ORDER BY watched_on DESC, entity_id DESC LIMIT ?6",
            (profile, *key, entity_id, self._shown_since(), limit),
        )
        return tuple(viewing_of(row) for row in rows)

    def told(self, profile: str) -> tuple[ToldByApp, ...]:
        """Return what each app told of a profile, the one that told most first."""
        rows = self._database.read(_APPS_SQL, (profile, self._shown_since()))
        return tuple(
            ToldByApp(app=app, viewings=number, first_on=first, last_on=last)
            for app, number, first, last in rows
        )

    def kept(self, profile: str) -> Iterator[KeptViewing]:
        """Yield all viewings of a profile, oldest first, each with its source."""
        return read_kept(self._database, profile, since=self._shown_since())

    def count(self, profile: str, *, since: int = 0) -> int:
        """Return how many viewings a profile has from ``since`` on."""
        number: int = self._database.read(
            "SELECT count(*) FROM events WHERE profile = ? AND watched_on >= ?",
            (profile, max(since, self._shown_since())),
        )[0][0]
        return number

    def counts(self, profile: str, edges: Sequence[int]) -> tuple[int, ...]:
        """Return how many viewings began before the first edge, between edges, and from the last.

        Args:
            profile: whose viewings.
            edges: seconds UTC, ascending.

        """
        sides = (self._shown_since(), *edges, _LATEST)
        return tuple(
            self._database.read(
                "SELECT count(*) FROM events WHERE profile = ? "
                "AND watched_on >= max(?, ?) AND watched_on < ?",
                (profile, sides[0], start, end),
            )[0][0]
            for start, end in pairwise(sides)
        )

    def holds_expired(self, profile: str) -> bool:
        """Return whether a profile has viewings past their retention that are not deleted yet."""
        oldest = self.oldest(profile)
        return oldest is not None and oldest < self._shown.since()

    def oldest(self, *profiles: str) -> int | None:
        """Return the oldest date, seconds UTC, past retention or not; ``None`` if there is none.

        Viewings past their retention stay in the database until deleted; undated ones do not age.
        """
        self._shown.dated()
        found = [self._database.read(_OLDEST_SQL, (name,)) for name in profiles]
        return min((rows[0][0] for rows in found if rows[0][0] is not None), default=None)

    def newest(self) -> int | None:
        """Return the newest date of all viewings, seconds UTC; ``None`` if there is none."""
        self._shown.dated()
        return max(
            (
                latest
                for (name,) in self._database.read("SELECT name FROM profiles")
                for (latest,) in self._database.read(_NEWEST_SQL, (name,))
                if latest is not None
            ),
            default=None,
        )
