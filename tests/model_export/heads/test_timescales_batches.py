"""What head B learns from, counted."""

from __future__ import annotations

from collections import Counter

import numpy as np

from edgeagent.messages import Title
from model_export.heads.timescales_batches import batches, rows_by_person
from model_export.log import WatchLog


def _log(*lengths: int) -> WatchLog:
    users = np.repeat(np.arange(len(lengths)), lengths).astype(np.int64)
    order = np.random.default_rng(0).permutation(len(users))
    count = len(users)
    return WatchLog(
        titles=(Title(entity_id="t", title="T"),),
        users=users[order],
        items=np.zeros(count, dtype=np.int64),
        watched_on=np.arange(count, dtype=np.int64),
        completion=np.ones(count, dtype=np.float32),
        user_count=len(lengths),
    )


def test_every_viewing_but_the_first_is_a_target_once() -> None:
    people = rows_by_person(_log(1, 2, 7, 700))
    assert [len(rows) for rows in people] == [2, 7, 700]
    seen: Counter[int] = Counter()
    for batch in batches(people, size=64, ahead=1, rng=np.random.default_rng(1)):
        for row in range(len(batch.target)):
            for column in np.flatnonzero(batch.target[row] >= 0):
                target, last = batch.target[row, column], batch.last[row, column]
                history = batch.history[row, : last + 1]
                assert batch.there[row, : last + 1].all()
                own = next(rows for rows in people if target in rows)
                place = int(np.flatnonzero(own == target)[0])
                # What it is predicted from is what came right before it, without a gap.
                assert history.tolist() == own[place - len(history) : place].tolist()
                assert len(history) >= min(place, 128)
                seen[int(target)] += 1
    expected = [row for rows in people for row in rows[1:]]
    assert seen == Counter(int(row) for row in expected)


def test_targets_further_ahead_stay_within_the_person() -> None:
    people = rows_by_person(_log(30))
    (batch,) = batches(people, size=1000, ahead=4, rng=np.random.default_rng(2))
    place = {int(row): number for number, row in enumerate(people[0])}
    ahead = [
        place[int(target)] - int(last) - 1
        for target, last in zip(batch.target[0], batch.last[0], strict=True)
    ]
    assert set(ahead) == {0, 1, 2, 3}


def test_what_was_not_watched_is_neither_history_nor_target() -> None:
    log = _log(6)
    log.completion[2] = 0.0
    (rows,) = rows_by_person(log)
    assert rows.tolist() == [0, 1, 3, 4, 5]


def test_equal_seeds_give_equal_batches() -> None:
    people = rows_by_person(_log(40, 300))
    one, other = (
        [b.target for b in batches(people, size=50, ahead=3, rng=np.random.default_rng(7))]
        for _ in range(2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
