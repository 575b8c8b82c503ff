from __future__ import annotations

import numpy as np
import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.messages import Title
from edgeagent.simulator.plan import MAX_RETIMED_EVENTS, START, plan_households, retimed
from model_export.log import WatchLog


def _log(counts: list[int]) -> WatchLog:
    users = np.repeat(np.arange(len(counts)), counts)
    items = np.concatenate([np.arange(count) for count in counts])
    return WatchLog(
        titles=tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(max(counts))),
        users=users,
        items=items,
        watched_on=np.arange(len(users), dtype=np.int64),
        completion=np.ones(len(users), dtype=np.float32),
        user_count=len(counts),
    )


@pytest.mark.parametrize("weeks", [1, 4, 26])
def test_retiming_keeps_each_order_and_stays_within_the_weeks(weeks: int) -> None:
    log = _log([1, 20, 500, 90])
    living = retimed(log, weeks=weeks, seed=3)
    for user in range(4):
        own = living.items[living.users == user]
        assert (np.diff(own) == 1).all()
        assert own[-1] == log.items[log.users == user][-1]
        assert len(own) <= MAX_RETIMED_EVENTS
    assert living.watched_on.min() >= START
    assert living.watched_on.max() < START + weeks * WEEK_SECONDS + DAY_SECONDS


def test_retiming_keeps_everything_that_fits() -> None:
    living = retimed(_log([1, 20, 500, 90]), weeks=52, seed=3)
    assert np.bincount(living.users).tolist() == [1, 20, MAX_RETIMED_EVENTS, 90]


def test_an_evening_has_one_to_three_titles() -> None:
    living = retimed(_log([300]), weeks=52, seed=3)
    days = np.unique(living.watched_on // DAY_SECONDS, return_counts=True)[1]
    # An evening that begins late may end after midnight UTC, so that two can share a date.
    assert days.max() <= 5
    assert days.mean() < 3


def test_the_seed_decides_the_times() -> None:
    log = _log([40, 40])
    first, again, other = (retimed(log, weeks=8, seed=seed) for seed in (1, 1, 2))
    assert (first.watched_on == again.watched_on).all()
    assert (first.watched_on != other.watched_on).any()


def test_a_plan_has_the_households_events_day_by_day() -> None:
    living = retimed(_log([3, 25]), weeks=10, seed=1)
    plans = plan_households(living)
    assert [plan.number for plan in plans] == [0, 1]
    events = [event for evening in plans[1].evenings for event in evening]
    assert [event.entity_id for event in events] == [f"t:{n}" for n in range(25)]
    times = [event.watched_on for event in events]
    assert times == sorted(times)
