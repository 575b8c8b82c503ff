"""Which titles may be shown, and in which of two lists.

A title is new if the profile has not begun it. Titles begun but not finished are in a list of their
own, to be continued; finished titles are in neither. Of a series that was not begun, the series
itself and its first episode may be shown. Of a series that was begun, one episode may be shown: the
last watched one if it is to be continued, otherwise the first episode after it that was not begun.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.window import Watched, is_latest
from edgeagent.messages import Title
from edgeagent.ranking.order import id_order
from edgeagent.ranking.series import SeriesIndex

__all__ = ["BEGUN_FRACTION", "FINISHED_FRACTION", "Access", "CandidateIndex", "Offer"]

BEGUN_FRACTION = 0.02
"""Less, up to two minutes of a film, counts as started by mistake. The title stays new."""
FINISHED_FRACTION = 0.9
"""The rest are credits. A viewing of unknown length counts as finished, because it is unknown where
to continue."""
_FOR_EVER = 2**62  # later than every date that a catalogue can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a profile may see at a moment."""

    now: int
    """Seconds UTC."""
    hidden: NDArray[np.intp]
    """Columns of hidden titles."""
    max_age_rating: int
    """Years; titles with a higher age rating are left out."""
    entitlements: Collection[str]
    """Packages the box has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What may be shown."""

    new: NDArray[np.bool_]
    """[N]."""
    begun: NDArray[np.intp]
    """Columns to be continued, last watched first."""
    progress: NDArray[np.float32]
    """How far each of ``begun`` was watched, a fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateIndex:
    """The properties of titles that decide whether they may be shown; built once per catalogue."""

    ids: NDArray[np.intp]
    """[N] the rank of each title by entity_id, which breaks ties."""
    age_ratings: NDArray[np.int16]
    """[N] years."""
    available_until: NDArray[np.int64]
    """[N] seconds UTC, not available from then on."""
    package: NDArray[np.intp]
    """[N] index into ``packages``: the set of which a title needs one."""
    packages: tuple[frozenset[str], ...]
    """The distinct sets of packages; titles with the empty set are open to every box."""
    first_end: int
    """The earliest of ``available_until``."""
    groups: tuple[NDArray[np.int32], NDArray[np.int32]]
    """[N] the series of each title and [N] its franchise, as disjoint numbers."""
    series: SeriesIndex

    @classmethod
    def of(cls, titles: Sequence[Title]) -> Self:
        """Build the index from the titles."""
        packages: dict[frozenset[str], int] = {}
        available_until = np.array(
            [_FOR_EVER if t.available_until is None else t.available_until for t in titles],
            dtype=np.int64,
        )
        return cls(
            ids=id_order(titles),
            age_ratings=np.array([title.age_rating for title in titles], dtype=np.int16),
            available_until=available_until,
            first_end=int(available_until.min(initial=_FOR_EVER)),
            groups=_groups(titles),
            package=np.array(
                [packages.setdefault(frozenset(t.entitlements), len(packages)) for t in titles],
                dtype=np.intp,
            ),
            packages=tuple(packages),
            series=SeriesIndex.of(titles),
        )

    def permitted(self, access: Access) -> NDArray[np.bool_]:
        """Return [N] whether a profile may see each title, watched or not."""
        shown: NDArray[np.bool_] = self.age_ratings <= access.max_age_rating
        if access.now >= self.first_end:
            shown &= self.available_until > access.now
        if self.packages != (frozenset(),):
            owned = frozenset(access.entitlements)
            shown &= np.array([not n or bool(n & owned) for n in self.packages])[self.package]
        shown[access.hidden] = False
        return shown

    def offer(self, watched: Watched, access: Access) -> Offer:
        """Return what may be shown after these viewings."""
        permitted = self.permitted(access)
        columns, progress, finished = self._latest(watched)
        new = self.series.entrances.copy()
        new[columns] = False
        unfinished = permitted[columns] & ~finished
        episodes = np.flatnonzero(self.series.place[columns])
        last_seen = self.series.last_seen(columns[episodes].tolist())
        for place, column in zip(episodes.tolist(), columns[episodes].tolist(), strict=True):
            series = self.series.series_of[column]
            if last_seen[series] != column:
                unfinished[place] = False
                continue
            new[list(self.series.members[series])] = False
            if finished[place]:
                new[list(self.series.next_after(column, begun=columns))] = True
        return Offer(
            new=new & permitted,
            begun=columns[unfinished][::-1],
            progress=progress[unfinished][::-1],
        )

    def _latest(
        self, watched: Watched
    ) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.bool_]]:
        """Return each title begun once, in order of its latest viewing.

        Returns:
            Columns, how far that viewing went, and whether the title was finished with it.

        """
        # Of two episodes in the same second, the later one in the series counts as the later.
        order = np.lexsort((self.series.place[watched.columns], watched.watched_on))
        order = order[watched.completion[order] >= BEGUN_FRACTION]
        latest = order[is_latest(watched.columns[order], titles=len(self.ids))]
        progress = watched.completion[latest]
        finished = (progress >= FINISHED_FRACTION) | ~watched.measured[latest]
        return watched.columns[latest], progress, finished


def _groups(titles: Sequence[Title]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number series and franchises by their first title; a title in none has its own number."""
    series: dict[str, int] = {}
    franchises: dict[str, int] = {}
    numbers = np.arange(2 * len(titles), dtype=np.int32).reshape(2, -1)
    for column, title in enumerate(titles):
        if title.kind != "film":
            name = title.series_id or title.entity_id
            numbers[0, column] = series.setdefault(name, column)
        if title.franchise is not None:
            first = len(titles) + column  # so that no franchise has the number of a series
            numbers[1, column] = franchises.setdefault(title.franchise, first)
    return numbers[0], numbers[1]
