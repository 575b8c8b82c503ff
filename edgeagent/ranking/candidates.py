"""Which titles may be shown at all.

Of a series nobody has begun, the series itself and its first episode may be shown; of one that has
been begun, only the next episode: the first not yet watched, from the one watched last onwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title

__all__ = ["WATCHED_FRACTION", "Seen", "Shelf"]

WATCHED_FRACTION = 0.5
"""From here on a title is watched: no longer a discovery, and if unfinished the home screen's
"continue watching" row has it. A viewing of unknown length counts as exactly this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One viewing of a title that the catalogue holds."""

    column: int
    watched_on: int
    """Seconds UTC."""
    completion_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What of a catalogue's titles decides whether they may be shown; built once a catalogue."""

    entrances: NDArray[np.bool_]
    """[N] false for the episodes nobody begins a series with."""
    age_ratings: NDArray[np.int16]
    """[N] years."""
    episodes: Mapping[str, tuple[int, ...]]
    """series_id → columns of its numbered episodes, in order."""
    members: Mapping[str, frozenset[int]]
    """series_id → columns of the series and all its episodes."""
    episode_ids: Mapping[str, tuple[str, ...]]
    """series_id → entity ids of all its episodes."""
    series_of: Mapping[int, str]
    """Column of a numbered episode → its series_id."""

    @classmethod
    def of(cls, titles: Sequence[Title]) -> Self:
        """Sort the titles into series."""
        numbered: dict[str, list[int]] = {}
        episode_ids: dict[str, tuple[str, ...]] = {}
        members: dict[str, set[int]] = {}
        for column, title in enumerate(titles):
            if title.kind == "series":
                members.setdefault(title.entity_id, set()).add(column)
            elif title.kind == "episode" and title.series_id is not None:
                members.setdefault(title.series_id, set()).add(column)
                episode_ids[title.series_id] = (
                    *episode_ids.get(title.series_id, ()),
                    title.entity_id,
                )
                if title.episode is not None:
                    numbered.setdefault(title.series_id, []).append(column)
        episodes = {
            series: tuple(sorted(columns, key=lambda column: _position(titles[column])))
            for series, columns in numbered.items()
        }
        entrances = np.ones(len(titles), dtype=np.bool_)
        for columns in episodes.values():
            entrances[list(columns[1:])] = False
        return cls(
            entrances=entrances,
            age_ratings=np.array([title.age_rating for title in titles], dtype=np.int16),
            episodes=episodes,
            members={series: frozenset(columns) for series, columns in members.items()},
            episode_ids=episode_ids,
            series_of={c: series for series, columns in episodes.items() for c in columns},
        )

    def with_episodes(self, entity_ids: Collection[str]) -> frozenset[str]:
        """Return these ids and, for each series among them, those of its episodes."""
        return frozenset(entity_ids).union(*(self.episode_ids.get(e, ()) for e in entity_ids))

    def candidates(
        self, seen: Sequence[Seen], *, hidden: Collection[int], max_age_rating: int
    ) -> NDArray[np.intp]:
        """Return the columns that may be shown, ascending.

        Args:
            seen: the viewings that count, in any order.
            hidden: columns that may not be shown.
            max_age_rating: years; titles meant for older people are left out.

        """
        watched = {s.column for s in seen if s.completion_fraction >= WATCHED_FRACTION}
        shown = self.entrances.copy()
        for series, last in self._last_seen_episodes(seen).items():
            episodes = self.episodes[series]
            shown[list(self.members[series])] = False
            shown[[c for c in episodes[episodes.index(last) :] if c not in watched][:1]] = True
        shown[list(watched)] = False
        shown[list(hidden)] = False
        return np.flatnonzero(shown & (self.age_ratings <= max_age_rating))

    def _last_seen_episodes(self, seen: Sequence[Seen]) -> dict[str, int]:
        """Return series_id → column of the episode watched last, of the series begun."""
        last: dict[str, int] = {}
        # Two episodes of the same second: the later one in the series is the later one.
        for viewing in sorted(seen, key=self._moment):
            series = self.series_of.get(viewing.column)
            if series is not None and viewing.completion_fraction > 0:
                last[series] = viewing.column
        return last

    def _moment(self, viewing: Seen) -> tuple[int, int]:
        series = self.series_of.get(viewing.column)
        place = -1 if series is None else self.episodes[series].index(viewing.column)
        return viewing.watched_on, place


def _position(title: Title) -> tuple[bool, int, int, str]:
    # Specials are season 0 by convention: after the regular seasons, nobody begins with them.
    season = 1 if title.season is None else title.season
    return season == 0, season, title.episode or 0, title.entity_id
