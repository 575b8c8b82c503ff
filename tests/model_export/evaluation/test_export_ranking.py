"""The split in time and the metrics, on logs small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.evaluation.ranking import (
    GlobalSplit,
    PersonHistory,
    TestPerson,
    evaluate_ranking,
    global_split,
    mean_and_se,
    paired_gain,
    popularity_scorer,
)
from model_export.log import WatchLog

TITLES = tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(12))


def _log(*events: tuple[int, int, int]) -> WatchLog:
    """Return a log of (user, item, time)."""
    ordered = sorted(events, key=lambda event: (event[2], event[0], event[1]))
    users, items, times = (
        np.array(column, dtype=np.int64) for column in zip(*ordered, strict=True)
    )
    return WatchLog(
        titles=TITLES,
        users=users,
        items=items,
        watched_on=times,
        completion=np.ones(len(users), dtype=np.float32),
        user_count=int(users.max()) + 1,
    )


# Enough early events of user 0 to put the 80 % quantile before time 100.
EARLY = [(0, n % 3, n) for n in range(24)]


def test_history_goes_up_to_the_middle_of_the_later_events() -> None:
    later = [(1, 3 + n, 100 + n) for n in range(6)]
    split = global_split(_log(*EARLY, (1, 0, 5), *later))
    (person,) = split.people
    assert person.user == 1
    assert person.history.items.tolist() == [0, 3, 4, 5]
    assert person.history.now == 102
    assert sorted(person.target) == [6, 7, 8]
    assert split.cut_at < 100
    assert split.training.watched_on.max() < split.cut_at
    assert len(split.training) == split.cut_at + 1


def test_what_was_watched_already_is_no_target() -> None:
    later = [(1, item, 100 + n) for n, item in enumerate([3, 4, 5, 3, 6, 6])]
    (person,) = global_split(_log(*EARLY, *later)).people
    assert person.target.tolist() == [6]


def test_people_with_nothing_new_or_too_little_are_not_tested() -> None:
    repeats = [(1, 3, 100 + n) for n in range(6)]
    few = [(2, n, 100 + n) for n in range(4)]
    with pytest.raises(InputError, match="nobody has 5 viewings") as refusal:
        global_split(_log(*EARLY, *repeats, *few))
    assert refusal.value.hint


def test_people_can_be_limited_evenly() -> None:
    later = [(user, n, 1000 + n) for user in range(1, 11) for n in range(6)]
    early = [(0, n % 12, n) for n in range(240)]
    split = global_split(_log(*early, *later), maximum_people=4)
    assert [person.user for person in split.people] == [1, 4, 7, 10]
    assert len(global_split(_log(*early, *later), maximum_people=40).people) == 10


def _split(target: list[int], history: list[int]) -> GlobalSplit:
    person = TestPerson(
        user=0,
        history=PersonHistory(
            items=np.array(history),
            completion=np.ones(len(history), dtype=np.float32),
            watched_on=np.zeros(len(history), dtype=np.int64),
            now=0,
        ),
        target=np.array(target),
    )
    return GlobalSplit(training=_log(*EARLY), cut_at=1, people=(person,))


def test_metrics_are_those_of_the_textbook() -> None:
    # Ranked: 1, 2, 3, … ; 0 was watched. Targets at ranks 2 and 4.
    quality = evaluate_ranking(
        _split([2, 4], [0]), lambda _history: -np.arange(12, dtype=np.float64)
    )
    gained = 1 / np.log2(3) + 1 / np.log2(5)
    best = 1 / np.log2(2) + 1 / np.log2(3)
    assert quality.ndcg_at_10.tolist() == [pytest.approx(gained / best)]
    assert quality.ndcg_at_100.tolist() == [pytest.approx(gained / best)]
    assert quality.hit_rate_at_10.tolist() == [1.0]
    assert quality.recall_at_20.tolist() == [1.0]


def test_the_ideal_is_no_longer_than_the_list() -> None:
    targets = list(range(1, 12))
    quality = evaluate_ranking(
        _split(targets, [0]), lambda _history: -np.arange(12, dtype=np.float64)
    )
    assert quality.ndcg_at_10.tolist() == [pytest.approx(1.0)]


def test_ties_go_to_the_lower_index_and_watched_titles_never_rank() -> None:
    constant = evaluate_ranking(_split([11], [0]), lambda _history: np.zeros(12))
    assert constant.hit_rate_at_10.tolist() == [0.0]
    assert constant.recall_at_20.tolist() == [1.0]
    assert evaluate_ranking(_split([10], [0]), lambda _h: np.zeros(12)).hit_rate_at_10[0] == 1.0


def test_popularity_counts_viewings() -> None:
    score = popularity_scorer(_log((0, 2, 1), (1, 2, 2), (1, 4, 3)))
    assert score(_split([1], [0]).people[0].history).tolist() == [0, 0, 2, 0, 1] + [0] * 7


def test_standard_errors_are_paired() -> None:
    first, second = np.array([0.2, 0.4, 0.9]), np.array([0.1, 0.3, 0.8])
    assert mean_and_se(first) == pytest.approx((0.5, np.std(first, ddof=1) / 3**0.5))
    assert paired_gain(first, second) == pytest.approx((0.1, 0.0), abs=1e-12)
    assert mean_and_se(np.array([0.25])) == (0.25, 0.0)
