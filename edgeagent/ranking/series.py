"""Series: which episode to begin with, and which comes next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title

__all__ = ["SeriesIndex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesIndex:
    """The titles of a catalogue, grouped by series."""

    entrances: NDArray[np.bool_]
    """[N] false for episodes that are not the start of a series."""
    place: NDArray[np.int32]
    """[N] 1, 2, 3 … for the numbered episodes of a series, 0 for everything else."""
    episodes: Mapping[str, tuple[int, ...]]
    """series_id → columns of its numbered episodes, in order."""
    members: Mapping[str, tuple[int, ...]]
    """series_id → columns of the series and all its episodes."""
    episode_ids: Mapping[str, tuple[str, ...]]
    """series_id → entity ids of all its episodes."""
    series_of: Mapping[int, str]
    """Column of a numbered episode → its series_id."""

    @classmethod
    def of(cls, titles: Sequence[Title]) -> Self:
        """Group the titles by series."""
        numbered: dict[str, list[int]] = {}
        members: dict[str, list[int]] = {}
        for column, title in enumerate(titles):
            if title.kind == "series":
                members.setdefault(title.entity_id, []).append(column)
            elif title.kind == "episode" and title.series_id is not None:
                members.setdefault(title.series_id, []).append(column)
                if title.episode is not None:
                    numbered.setdefault(title.series_id, []).append(column)
        episodes = {
            series: tuple(sorted(columns, key=lambda column: _position(titles[column])))
            for series, columns in numbered.items()
        }
        entrances = np.ones(len(titles), dtype=np.bool_)
        place = np.zeros(len(titles), dtype=np.int32)
        for ordered in episodes.values():
            entrances[list(ordered[1:])] = False
            place[list(ordered)] = range(1, len(ordered) + 1)
        return cls(
            entrances=entrances,
            place=place,
            episodes=episodes,
            members={series: tuple(columns) for series, columns in members.items()},
            episode_ids={
                series: tuple(titles[c].entity_id for c in columns if titles[c].kind == "episode")
                for series, columns in members.items()
            },
            series_of={c: series for series, ordered in episodes.items() for c in ordered},
        )

    def with_episodes(self, entity_ids: Collection[str]) -> frozenset[str]:
        """Return these ids and, for each series among them, those of its episodes."""
        return frozenset(entity_ids).union(*(self.episode_ids.get(e, ()) for e in entity_ids))

    def last_seen(self, columns: Sequence[int]) -> dict[str, int]:
        """Return series_id → last watched episode, for the series begun.

        Args:
            columns: numbered episodes, in order of time.

        """
        return {self.series_of[column]: column for column in columns}

    def next_after(self, last: int, *, begun: NDArray[np.intp]) -> tuple[int, ...]:
        """Return the first episode from ``last`` onwards that has not been begun, if any."""
        rest = self.episodes[self.series_of[last]][int(self.place[last]) :]
        return next(((column,) for column in rest if column not in begun), ())


def _position(title: Title) -> tuple[bool, int, int, str]:
    # Specials are season 0 by convention; they are ordered after the regular seasons.
    season = 1 if title.season is None else title.season
    return season == 0, season, title.episode or 0, title.entity_id
