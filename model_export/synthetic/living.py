"""Weeks of viewings: evenings and daytimes, films and binges, all households at once.

Each day has two slots, a daytime and an evening one. In a slot a household sits down or does not;
one of its people picks a work by liking, popularity, novelty, hour and what the household has seen.
Series go on where they stopped, several episodes back to back; a short film may be followed by
another work. Every step draws for all households, so one household's choices never move another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from model_export.log import WatchLog
from model_export.synthetic.lexicon import GENRES
from model_export.synthetic.people import People, liking
from model_export.synthetic.world import World

__all__ = ["live"]

_LIKING_WEEKS = 4
"""How often drifting tastes are brought up to date."""
_WEEKS_PER_YEAR = 52
_MAX_BINGE = 5
_NOVELTY = 5.0
"""A new release is chosen up to six times as often as its rank says, falling over weeks."""
_NOVELTY_WEEKS = 6.0
_STARTED = 10.0
"""How much more readily a series goes on than it is begun."""
_SEEN_FILM, _LEFT_FILM, _DROPPED_SERIES = 0.002, 0.05, 0.15
_FINISHED, _GIVEN_UP = 0.9, 0.3
_BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))
_PAUSE_SECONDS = 150
_SHORT_SECONDS = 6600
_ANOTHER = 0.3
"""Chance that a sitting of less than 110 minutes goes on with another work."""
_SIT, _WATCH = 7, 2 + _MAX_BINGE
"""How many draws sitting down and choosing take, and how many each watching takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """A part of the day in which a household may sit down."""

    weekdays: tuple[float, ...]
    """Chance of sitting down at activity 1, Monday to Sunday."""
    mean_hour: float
    spread_hours: float
    earliest_hour: float
    latest_hour: float
    child_weight: float
    """How readily a child picks, against an adult's 1."""
    genres: dict[str, float]
    """What the hour favours or shuns, against 1."""


_SLOTS = (
    _Slot(
        weekdays=(0.04, 0.04, 0.05, 0.05, 0.06, 0.20, 0.21),
        mean_hour=12.5,
        spread_hours=2.2,
        earliest_hour=8.0,
        latest_hour=14.0,
        child_weight=2.5,
        genres={"Children": 3.0, "Animation": 2.5, "Documentary": 1.6, "Horror": 0.1},
    ),
    _Slot(
        weekdays=(0.20, 0.20, 0.21, 0.23, 0.32, 0.38, 0.31),
        mean_hour=20.2,
        spread_hours=1.1,
        earliest_hour=18.25,
        latest_hour=22.5,
        child_weight=0.35,
        genres={"Children": 0.4, "Animation": 0.6, "Horror": 1.6, "Thriller": 1.4, "Crime": 1.3},
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sitting:
    """Rows of households that watch now, and who of them picks."""

    household: NDArray[np.int64]
    person: NDArray[np.int64]
    begins_at: NDArray[np.int64]
    """Seconds UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Events:
    """Viewings in columns, as :class:`WatchLog` has them."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    watched_on: NDArray[np.int64]
    completion: NDArray[np.float32]


def live(
    rng: np.random.Generator,
    *,
    world: World,
    people: People,
    weeks: int,
    start: int,
    advance: Callable[[], None],
) -> WatchLog:
    """Let all households watch for ``weeks`` weeks from ``start``; ``advance`` is told of each.

    Returns:
        The log, with ``watched_on`` the end of each viewing, all in [start, start + weeks).

    """
    lives = _Lives(rng, world, people)
    parts: list[_Events] = []
    for day in range(weeks * 7):
        if day % (7 * _LIKING_WEEKS) == 0:
            lives.drift(years=day / 7 / _WEEKS_PER_YEAR)
        parts += lives.day(start + day * DAY_SECONDS)
        if day % 7 == 6:  # noqa: PLR2004  (the last of a week)
            advance()
    return _as_log(parts, world, people, end=start + weeks * WEEK_SECONDS)


class _Lives:
    """The state of all households: what they have begun, finished and seen."""

    def __init__(self, rng: np.random.Generator, world: World, people: People) -> None:
        self._rng = rng
        self._world = world
        self._people = people
        households = len(people.first)
        self._interest = np.ones((households, len(world.first)), dtype=np.float32)
        self._position = np.zeros((households, len(world.first)), dtype=np.int16)
        self._busy_until = np.zeros(households, dtype=np.int64)
        self._by_hour = [_hour_weights(world, slot) for slot in _SLOTS]
        self._liking = np.empty((0, 0), dtype=np.float32)
        self._appeal = self._liking

    def drift(self, *, years: float) -> None:
        """Bring everybody's liking up to date."""
        self._liking = liking(self._people, self._world, years=years)
        appeal = np.exp(self._liking.astype(np.float64)) * self._world.popularity
        self._appeal = np.round(appeal, 7).astype(np.float32)  # rounded as liking() is

    def day(self, midnight: int) -> Iterator[_Events]:
        """Live one day."""
        weekday = (midnight // DAY_SECONDS + 3) % 7  # 1970-01-01 was a Thursday
        released = self._released(midnight)
        novelty = self._novelty(midnight)
        for slot, by_hour in zip(_SLOTS, self._by_hour, strict=True):
            draws = self._rng.random((len(self._people.first), _SIT + 2 * _WATCH))
            sitting = self._sit_down(slot, weekday, midnight, draws)
            draws = draws[sitting.household]
            weights = by_hour * novelty
            chosen = self._choose(sitting, weights, released, draws[:, 4])
            yield from self._watch(sitting, chosen, released, draws[:, _SIT : _SIT + _WATCH])
            ends_at = self._busy_until[sitting.household]
            short = ends_at - sitting.begins_at < _SHORT_SECONDS
            again = short & (draws[:, 5] < _ANOTHER)
            more = _Sitting(
                household=sitting.household[again],
                person=sitting.person[again],
                begins_at=ends_at[again] + _PAUSE_SECONDS,
            )
            chosen = self._choose(more, weights, released, draws[again, 6])
            yield from self._watch(more, chosen, released, draws[again, _SIT + _WATCH :])

    def _released(self, now: int) -> NDArray[np.int64]:
        """[W] how many titles of each work are out."""
        out = self._world.released_on <= now
        return np.add.reduceat(out, self._world.first, dtype=np.int64)

    def _novelty(self, now: int) -> NDArray[np.float32]:
        """[W] factor for new works; a new season is found by those who follow the series."""
        weeks = (now - self._world.released_on[self._world.first]) / WEEK_SECONDS
        factor = 1.0 + _NOVELTY * np.exp(-np.maximum(weeks, 0.0) / _NOVELTY_WEEKS)
        return np.round(factor, 6).astype(np.float32)

    def _sit_down(
        self, slot: _Slot, weekday: int, midnight: int, draws: NDArray[np.float64]
    ) -> _Sitting:
        """Draw who watches in this slot, who picks, and when it begins (triangular)."""
        people = self._people
        household = np.flatnonzero(draws[:, 0] < slot.weekdays[weekday] * people.activity)
        hour = (
            slot.mean_hour
            + slot.spread_hours * (draws[household, 1] + draws[household, 2] - 1.0) * 2.0
        )
        seconds = np.clip(hour, slot.earliest_hour, slot.latest_hour) * 3600
        begins_at = midnight + seconds.astype(np.int64)
        free = begins_at > self._busy_until[household]
        household, begins_at = household[free], begins_at[free]
        return _Sitting(
            household=household,
            person=self._who(slot, household, draws[household, 3]),
            begins_at=begins_at,
        )

    def _who(
        self, slot: _Slot, household: NDArray[np.int64], draw: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Draw the person who picks; children pick by day, adults in the evening."""
        people = self._people
        order = np.arange(4)
        seats = people.first[household, None] + np.minimum(order, people.size[household, None] - 1)
        child = people.max_age[seats] < 18  # noqa: PLR2004 - of age
        weight = np.where(child, slot.child_weight, 1.0) * (order < people.size[household, None])
        cumulative = np.cumsum(weight, axis=1)
        seat = (cumulative <= draw[:, None] * cumulative[:, -1:]).sum(axis=1)
        picks: NDArray[np.int64] = people.first[household] + seat
        return picks

    def _choose(
        self,
        sitting: _Sitting,
        weights: NDArray[np.float32],
        released: NDArray[np.int64],
        draw: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """Draw a work for each row; −1 where nothing is left to watch."""
        appeal = self._appeal[sitting.person] * self._interest[sitting.household]
        appeal *= weights
        appeal *= self._position[sitting.household] < released
        cumulative = np.cumsum(appeal, axis=1)
        total = cumulative[:, -1:]
        # Below 1 in float32, too: the work found is then one that has some appeal.
        spot = np.minimum(draw.astype(np.float32), _BELOW_ONE)[:, None] * total
        chosen: NDArray[np.int64] = (cumulative <= spot).sum(axis=1, dtype=np.int64)
        chosen[total[:, 0] <= 0] = -1
        return chosen

    def _watch(
        self,
        sitting: _Sitting,
        chosen: NDArray[np.int64],
        released: NDArray[np.int64],
        draws: NDArray[np.float64],
    ) -> Iterator[_Events]:
        """Watch the chosen works, of a series as many episodes as one evening takes.

        Only the last viewing of a sitting may stop early; a series goes on from there.
        """
        some = chosen >= 0
        work, household, person = chosen[some], sitting.household[some], sitting.person[some]
        draws, clock = draws[some], sitting.begins_at[some]
        world, position = self._world, self._position[household, work].astype(np.int64)
        goes_on = draws[:, 2 : 1 + _MAX_BINGE] < self._people.bingeing[household, None]
        wanted = 1 + np.cumprod(goes_on, axis=1).sum(axis=1)
        count = np.minimum(wanted, released[work] - position)
        last = _completion(self._liking[person, work], draws[:, 0], draws[:, 1])
        for part in range(_MAX_BINGE):
            now = count > part
            spot = world.first[work[now]] + position[now] + part
            completion = np.where(count[now] == part + 1, last[now], 1.0)
            clock[now] += np.round(world.run_seconds[spot] * completion).astype(np.int64)
            yield _Events(
                users=household[now],
                items=world.items[spot],
                watched_on=clock[now],
                completion=completion.astype(np.float32),
            )
            clock[now] += _PAUSE_SECONDS
        self._busy_until[household] = clock
        self._remember(household, work, count, last)

    def _remember(
        self,
        household: NDArray[np.int64],
        work: NDArray[np.int64],
        count: NDArray[np.int64],
        last: NDArray[np.float64],
    ) -> None:
        """Move on in series; lose interest in what has been seen or given up."""
        finished, series = last >= _FINISHED, self._world.is_series[work]
        self._position[household, work] += np.where(series, count - 1 + finished, 0).astype(
            np.int16
        )
        film = np.where(finished, _SEEN_FILM, _LEFT_FILM)
        other = np.where(finished | (last > _GIVEN_UP), _STARTED, _DROPPED_SERIES)
        self._interest[household, work] = np.where(series, other, film)


def _completion(
    liked: NDArray[np.float32], first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how much is watched, 0.03–1: what is liked is finished more often.

    Rounded to 1e-4, so that seconds do not depend on the last bit.
    """
    tries = np.array([0.62, 0.78, 0.88])[(liked > 0.0).astype(int) + (liked > 1.0)]
    return np.where(first < tries, 0.92 + 0.08 * second, 0.03 + 0.82 * second).round(4)


def _hour_weights(world: World, slot: _Slot) -> NDArray[np.float32]:
    """[W] mean over a work's genres of what the hour thinks of them; 1 without genres."""
    factor = np.array([slot.genres.get(genre, 1.0) for genre in GENRES])
    return (1.0 + world.genres @ (factor - 1.0)).round(6).astype(np.float32)


def _as_log(parts: list[_Events], world: World, people: People, *, end: int) -> WatchLog:
    """Put all viewings that end in time into one log, in its order."""
    users = np.concatenate([part.users for part in parts])
    items = np.concatenate([part.items for part in parts])
    watched_on = np.concatenate([part.watched_on for part in parts])
    completion = np.concatenate([part.completion for part in parts])
    order = np.lexsort((items, users, watched_on))
    order = order[watched_on[order] < end]
    return WatchLog(
        titles=world.titles,
        users=users[order],
        items=items[order],
        watched_on=watched_on[order],
        completion=completion[order],
        user_count=len(people.first),
    )
