"""The plan of a simulation: options, calendar, and each household's viewings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.messages import WatchEvent
from edgeagent.messages.fields import HeadName
from edgeagent.simulator.calendar import START
from edgeagent.simulator.chapters import ChapterName
from edgeagent.simulator.fleet.poisoning import AttackName
from model_export.log import WatchLog

__all__ = ["START", "HouseholdPlan", "Options", "plan_households", "retimed"]

MAX_RETIMED_EVENTS = 300
_MAX_TITLES_AN_EVENING = 3
_EVENING_BEGINS_SECONDS = 18 * 3600
_EVENING_SPREAD_SECONDS = 3 * 3600
_TITLE_SECONDS = 105 * 60
"""Time between the ends of two titles of an evening: a film and five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command line."""

    households: int | None
    """How many real boxes are simulated; ``None``: 200, or all users of the ratings."""
    weeks: int
    fleet: int
    ratings: Path | None
    seed: int
    out: Path
    keep: bool
    head: HeadName | Literal["auto"] = "foldin"
    """The head that computes picks; ``auto``: the better one for these viewings."""
    poison: float = 0.0
    """Fraction of the fleet's reporting boxes that lie."""
    attack: AttackName = "maximal-gain"
    """How they lie."""
    chapters: tuple[ChapterName, ...] = ()
    """What is added to the page; they take time, so that none is by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPlan:
    """The viewings planned for one box."""

    number: int
    evenings: tuple[tuple[WatchEvent, ...], ...]
    """Batches of events handed to the agent, in order of time."""


def plan_households(log: WatchLog) -> tuple[HouseholdPlan, ...]:
    """Convert each user of a log to the plan of a box, with one batch of events per day."""
    order = np.lexsort((log.items, log.watched_on, log.users))
    bounds = np.searchsorted(log.users[order], np.arange(log.user_count + 1))
    return tuple(
        HouseholdPlan(number=user, evenings=_evenings(log, order[bounds[user] : bounds[user + 1]]))
        for user in range(log.user_count)
        if bounds[user + 1] > bounds[user]
    )


def _evenings(log: WatchLog, rows: NDArray[np.int64]) -> tuple[tuple[WatchEvent, ...], ...]:
    batches: dict[int, list[WatchEvent]] = {}
    for row in rows:
        watched_on = int(log.watched_on[row])
        batches.setdefault(watched_on // DAY_SECONDS, []).append(
            WatchEvent(
                entity_id=log.titles[log.items[row]].entity_id,
                watched_on=watched_on,
                progress_fraction=round(float(log.completion[row]), 2),
                completed=bool(log.completion[row] >= 1.0),
            )
        )
    return tuple(tuple(batch) for batch in batches.values())


def retimed(log: WatchLog, *, weeks: int, seed: int) -> WatchLog:
    """Spread each user's events, in their order, over the simulated weeks.

    People rate in one sitting what they watched over years. Here each user keeps the order of at
    most their last 300 ratings, watched one to three per evening on evenings drawn from ``seed``;
    only the times are invented.
    """
    order = np.lexsort((log.items, log.watched_on, log.users))
    bounds = np.searchsorted(log.users[order], np.arange(log.user_count + 1))
    rows: list[NDArray[np.int64]] = []
    times: list[NDArray[np.int64]] = []
    for user in range(log.user_count):
        generator = np.random.default_rng((seed, user))
        own = order[bounds[user] : bounds[user + 1]]
        moments = _moments(len(own), weeks=weeks, generator=generator)
        rows.append(own[len(own) - len(moments) :])
        times.append(moments)
    kept, watched_on = np.concatenate(rows), np.concatenate(times)
    chronological = np.lexsort((log.items[kept], log.users[kept], watched_on))
    kept, watched_on = kept[chronological], watched_on[chronological]
    return WatchLog(
        titles=log.titles,
        users=log.users[kept],
        items=log.items[kept],
        watched_on=watched_on,
        completion=log.completion[kept],
        user_count=log.user_count,
    )


def _moments(count: int, *, weeks: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return when each of one user's last titles is watched, in order, seconds UTC."""
    days = weeks * WEEK_SECONDS // DAY_SECONDS - 1  # the last evening may end after midnight
    sizes = generator.integers(1, _MAX_TITLES_AN_EVENING + 1, size=days)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), min(count, MAX_RETIMED_EVENTS))) + 1]
    evenings = np.sort(generator.choice(days, size=len(sizes), replace=False))
    begin = (
        START
        + evenings * DAY_SECONDS
        + _EVENING_BEGINS_SECONDS
        + generator.integers(0, _EVENING_SPREAD_SECONDS, size=len(sizes))
    )
    moments = np.concatenate(
        [at + _TITLE_SECONDS * np.arange(size) for at, size in zip(begin, sizes, strict=True)]
        or [np.empty(0, dtype=np.int64)]
    ).astype(np.int64)
    return moments[: min(count, MAX_RETIMED_EVENTS)]
