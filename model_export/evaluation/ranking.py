"""How good is a ranking: a split in time that no information crosses, and full-ranking metrics.

The protocol is the global time split: a model sees only events before a moment T; everyone with at
least five later events is tested, new people included. What a person did up to the middle of their
later events is their history, the rest the target. All titles but the watched ones are ranked;
sampled metrics mislead (Krichene and Rendle 2020, "On sampled metrics for item recommendation").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.log import WatchLog

__all__ = [
    "GlobalSplit",
    "PersonHistory",
    "RankingQuality",
    "Scorer",
    "Split",
    "TestPerson",
    "evaluate_ranking",
    "global_split",
    "mean_and_se",
    "paired_gain",
    "popularity_scorer",
    "ranked_titles",
    "ranking_quality",
]

_MINIMUM_LATER_EVENTS = 5
_TRAINING_FRACTION = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHistory:
    """What one person watched up to a moment, in order of time; L viewings."""

    items: NDArray[np.int64]
    """[L] indices into the log's titles."""
    completion: NDArray[np.float32]
    """[L] in [0, 1]."""
    watched_on: NDArray[np.int64]
    """[L] seconds UTC."""
    now: int
    """When the ranking is asked for, seconds UTC: the last viewing's moment."""


Scorer = Callable[[PersonHistory], NDArray[np.floating]]
"""Scores [I] of all titles for one history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPerson:
    """One person's history and what they watched next."""

    __test__ = False  # no test suite, whatever pytest makes of the name

    user: int
    history: PersonHistory
    target: NDArray[np.int64]
    """Distinct titles watched later and not in the history; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a model may learn from, and whom it is tested on."""

    training: WatchLog
    people: tuple[TestPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalSplit(Split):
    """A log cut at one moment; training is what came before it."""

    cut_at: int
    """T, seconds UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuality:
    """One number a test person and metric; all arrays are [P], each value 0-1."""

    ndcg_at_10: NDArray[np.float64]
    hit_rate_at_10: NDArray[np.float64]
    recall_at_20: NDArray[np.float64]
    ndcg_at_100: NDArray[np.float64]


def global_split(log: WatchLog, *, maximum_people: int | None = None) -> GlobalSplit:
    """Cut a log at the 80 % quantile of its times.

    Args:
        log: events in order of time.
        maximum_people: test at most so many, evenly spread over user numbers.

    Raises:
        InputError: nobody has five later events with something new among them.

    """
    cut_at = int(np.quantile(log.watched_on, _TRAINING_FRACTION))
    later = log.watched_on >= cut_at
    events = np.bincount(log.users[later], minlength=log.user_count)
    tested = np.flatnonzero(events >= _MINIMUM_LATER_EVENTS)
    order = np.argsort(log.users, kind="stable")
    bounds = np.searchsorted(log.users[order], np.arange(log.user_count + 1))
    found = (_person(log, order[bounds[u] : bounds[u + 1]], cut_at=cut_at) for u in tested)
    people = [person for person in found if person is not None]
    if not people:
        raise InputError(
            f"nobody has {_MINIMUM_LATER_EVENTS} viewings after the first "
            f"{_TRAINING_FRACTION:.0%} of the log's time with a new title among them",
            hint="give a log of more people or a longer time",
        )
    if maximum_people is not None and len(people) > maximum_people:
        chosen = np.linspace(0, len(people) - 1, maximum_people).astype(np.intp)
        people = [people[index] for index in chosen]
    return GlobalSplit(training=log.select(~later), cut_at=cut_at, people=tuple(people))


def ranked_titles(split: Split, score: Scorer) -> tuple[NDArray[np.intp], ...]:
    """Return the first hundred unwatched titles of each test person, best first.

    Of equal scores the lower index comes first.
    """
    return tuple(_first_hundred(person, score(person.history)) for person in split.people)


def ranking_quality(
    people: tuple[TestPerson, ...], ranked: tuple[NDArray[np.intp], ...]
) -> RankingQuality:
    """Judge the first hundred ranks of each person."""
    hits = [np.isin(first, person.target) for first, person in zip(ranked, people, strict=True)]
    sizes = [len(person.target) for person in people]
    pairs = list(zip(hits, sizes, strict=True))
    return RankingQuality(
        ndcg_at_10=np.array([_ndcg(hit, size, 10) for hit, size in pairs]),
        hit_rate_at_10=np.array([float(hit[:10].any()) for hit in hits]),
        recall_at_20=np.array([hit[:20].sum() / size for hit, size in pairs]),
        ndcg_at_100=np.array([_ndcg(hit, size, 100) for hit, size in pairs]),
    )


def evaluate_ranking(split: Split, score: Scorer) -> RankingQuality:
    """Rank all unwatched titles for every test person and judge the ranks."""
    return ranking_quality(split.people, ranked_titles(split, score))


def popularity_scorer(training: WatchLog) -> Scorer:
    """Return the baseline: titles by their number of viewings, the same for everybody."""
    counts = np.bincount(training.items, minlength=len(training.titles)).astype(np.float64)
    return lambda _history: counts


def mean_and_se(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean over people and its standard error (0 for a single person)."""
    if len(values) < 2:  # noqa: PLR2004  (a single value has no spread)
        return float(values.mean()), 0.0
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def paired_gain(values: NDArray[np.float64], baseline: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean gain over a baseline for the same people, and its standard error."""
    return mean_and_se(values - baseline)


def _person(log: WatchLog, rows: NDArray[np.int64], *, cut_at: int) -> TestPerson | None:
    """Split one person's rows, in order of time; ``None`` if they watched nothing new."""
    first_later = int(np.searchsorted(log.watched_on[rows], cut_at))
    middle = first_later + (len(rows) - first_later) // 2
    past, future = rows[:middle], rows[middle:]
    target = np.setdiff1d(log.items[future], log.items[past])
    if not len(target):
        return None
    history = PersonHistory(
        items=log.items[past],
        completion=log.completion[past],
        watched_on=log.watched_on[past],
        now=int(log.watched_on[past[-1]]),
    )
    return TestPerson(user=int(log.users[rows[0]]), history=history, target=target)


def _first_hundred(person: TestPerson, scores: NDArray[np.floating]) -> NDArray[np.intp]:
    unseen = np.array(scores, dtype=np.float64)
    unseen[person.history.items] = -np.inf
    return np.argsort(-unseen, kind="stable")[:100]


def _ndcg(hits: NDArray[np.bool_], targets: int, depth: int) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), binary gains."""
    discounts = 1.0 / np.log2(np.arange(2, depth + 2))
    gained = float((hits[:depth] * discounts[: len(hits[:depth])]).sum())
    return gained / float(discounts[: min(targets, depth)].sum())
