"""Splits, baselines and cold titles, on logs small enough to work out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.comparison import PROTOCOLS, compare, model_names
from model_export.evaluation.baselines import (
    ease_weights,
    fit_ease,
    fit_itemknn,
    fit_popularity,
    neighbour_weights,
)
from model_export.evaluation.ranking import GlobalSplit, PersonHistory
from model_export.evaluation.splits import (
    Aim,
    cold_split,
    last_split,
    only,
    strong_split,
    validation_split,
)
from model_export.heads.cold_start import field_matrices, with_cold_rows
from model_export.heads.foldin_tuning import tune
from model_export.heads.tuning import FitOrder
from model_export.log import WatchLog
from model_export.metadata import Metadata

DAY = 86_400


def _log(*events: tuple[int, int, int], titles: int = 12) -> WatchLog:
    """Return a log of (user, item, day)."""
    ordered = sorted(events, key=lambda event: (event[2], event[0], event[1]))
    users, items, days = (np.array(column, dtype=np.int64) for column in zip(*ordered, strict=True))
    return WatchLog(
        titles=tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(titles)),
        users=users,
        items=items,
        watched_on=days * DAY,
        completion=np.ones(len(users), dtype=np.float32),
        user_count=int(users.max()) + 1,
    )


def _history(*events: tuple[int, int]) -> PersonHistory:
    """Return a history of (item, day)."""
    return PersonHistory(
        items=np.array([item for item, _ in events], dtype=np.int64),
        completion=np.ones(len(events), dtype=np.float32),
        watched_on=np.array([day * DAY for _, day in events], dtype=np.int64),
        now=events[-1][1] * DAY if events else 0,
    )


def test_strong_generalisation_never_trains_on_whom_it_tests() -> None:
    log = _log(*((user, item, item) for user in range(20) for item in range(10)))
    split = strong_split(log, seed=1)
    assert len(split.people) == 2
    for person in split.people:
        assert person.user not in split.training.users
        assert len(person.target) == 2
        assert sorted([*person.target, *person.history.items]) == list(range(10))
    assert len(split.training) == 180
    again = strong_split(log, seed=1)
    assert [p.target.tolist() for p in again.people] == [p.target.tolist() for p in split.people]


def test_a_title_watched_twice_is_target_or_history_never_both() -> None:
    log = _log(*((user, item, day) for user in range(10) for day in (1, 2) for item in range(5)))
    (person,) = strong_split(log, seed=0).people
    assert not set(person.target) & set(person.history.items)
    assert len(person.history.items) == 8


def test_people_with_few_titles_are_not_held_out() -> None:
    with pytest.raises(InputError, match="nobody has watched 5 titles"):
        strong_split(_log((0, 1, 1), (0, 2, 2), (1, 3, 3)), seed=0)


def test_holding_out_must_leave_something_to_train_on() -> None:
    with pytest.raises(InputError, match="leaves nothing to train on"):
        strong_split(_log(*((0, item, item) for item in range(6))), seed=0)


def test_the_last_viewing_is_left_out() -> None:
    log = _log((0, 1, 1), (0, 2, 2), (0, 3, 3), (1, 4, 1), (2, 5, 1), (2, 6, 2), (2, 5, 3))
    split = last_split(log)  # user 1 has one viewing, user 2 ends with a repeat
    (person,) = split.people
    assert (person.user, person.target.tolist()) == (0, [3])
    assert person.history.items.tolist() == [1, 2]
    assert person.history.now == 2 * DAY
    assert len(split.training) == 6
    assert 3 not in split.training.items


def test_without_a_new_last_title_nobody_can_be_tested() -> None:
    with pytest.raises(InputError, match="nobody's last viewing"):
        last_split(_log((0, 1, 1), (1, 2, 1), (1, 2, 2)))


def test_titles_made_new_are_unknown_to_training_and_all_that_is_ranked() -> None:
    log = _log(*((user, item, item) for user in range(40) for item in range(10)), titles=20)
    split = cold_split(log, seed=3)
    (new,) = np.flatnonzero(split.cold)
    assert new not in split.training.items
    assert new in split.warm_training.items
    assert len(split.people) == 4
    for person in split.people:
        assert person.target.tolist() == [new]
        assert new not in person.history.items
        assert person.user not in split.warm_training.users
    scores = only(lambda _history: np.arange(20.0), split.cold)(_history())
    assert np.flatnonzero(np.isfinite(scores)).tolist() == [new]


def test_cold_titles_need_people_who_watched_them() -> None:
    rare = [(user, 5 * user + item, item) for user in range(2) for item in range(5)]
    with pytest.raises(InputError, match="both a title made new and another"):
        cold_split(_log(*rare), seed=0)


def test_validation_holds_people_out_as_the_test_does(panel: WatchLog) -> None:
    later = validation_split(panel, aim="later", seed=0)
    assert isinstance(later, GlobalSplit)
    assert later.training.watched_on.max() < later.cut_at
    following = validation_split(panel, aim="next", seed=0)
    assert {len(person.target) for person in following.people} == {1}
    assert {person.user for person in following.people} <= set(following.training.users.tolist())
    strangers = validation_split(panel, aim="any", seed=0)
    assert len(strangers.people) == pytest.approx(panel.user_count / 5, abs=2)
    assert not {person.user for person in strangers.people} & set(strangers.training.users.tolist())


@pytest.mark.parametrize("aim", ["next", "any"])
def test_settings_are_chosen_on_the_people_of_that_validation(aim: Aim, panel: WatchLog) -> None:
    tuned = tune(panel, FitOrder(dimension=8, seed=3, aim=aim))
    assert tuned.validation is not None
    assert len(tuned.validation.ndcg_at_10) == len(validation_split(panel, aim=aim, seed=3).people)


def test_ease_is_the_best_linear_model_with_a_zero_diagonal() -> None:
    watched = np.random.default_rng(0).integers(0, 2, (30, 6)).astype(np.float32)
    weights = ease_weights(watched.T @ watched, 2.0)
    assert np.diag(weights).tolist() == [0.0] * 6
    for title in range(6):  # each column solves its own ridge regression on the other titles
        others = [other for other in range(6) if other != title]
        x, y = watched[:, others], watched[:, title]
        best = np.linalg.solve(x.T @ x + 2.0 * np.eye(5), x.T @ y)
        np.testing.assert_allclose(weights[others, title], best, rtol=1e-4, atol=1e-5)


def test_neighbours_are_shrunken_cosines() -> None:
    gram = np.array([[4, 2, 0], [2, 9, 3], [0, 3, 1]], dtype=np.float32)
    weights = neighbour_weights(gram, 4.0)
    expected = [[0, 2 / 10, 0], [2 / 10, 0, 3 / 7], [0, 3 / 7, 0]]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_only_the_nearest_hundred_count() -> None:
    gram = np.ones((130, 130), dtype=np.float32) + np.diag(np.arange(130, dtype=np.float32))
    gram[:, 7] = gram[7, :] = np.linspace(1, 2, 130)
    weights = neighbour_weights(gram, 0.0)
    assert ((weights[:, 7] > 0).sum()) == 100
    assert (weights.diagonal() == 0).all()


PAIRS = [(user, item + 2 * (user % 2), 10 + user) for user in range(20) for item in (0, 1)]
"""Even people watch titles 0 and 1, odd ones 2 and 3."""


@pytest.mark.parametrize("fit", [fit_itemknn, lambda log: fit_ease(log, recency=False)])
def test_item_models_follow_what_goes_together(fit: object) -> None:
    assert callable(fit)
    scores = fit(_log(*PAIRS)).score(_history((2, 1)))
    assert scores[3] > scores[0] == scores[1]
    assert not np.isfinite(scores[4:]).any()  # nobody watched them
    assert np.isfinite(fit(_log(*PAIRS)).score(_history())[:4]).all()


def test_recent_viewings_weigh_more_where_recency_counts() -> None:
    history = _history((0, 0), (2, 900))
    flat, faded = (fit_ease(_log(*PAIRS), recency=each).score(history) for each in (False, True))
    assert flat[1] == pytest.approx(flat[3])
    assert faded[3] > 5 * faded[1] > 0


def test_popularity_may_fade() -> None:
    log = _log((0, 1, 0), (1, 1, 1), (2, 1, 2), (3, 2, 900), (4, 2, 901))
    counts, faded = (fit_popularity(log, recency=each).score(_history()) for each in (False, True))
    assert counts[:3].tolist() == [0, 3, 2]
    assert faded[2] > faded[1]


def _genre_world() -> tuple[WatchLog, np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Return 60 titles of two genres, the last two unwatched, with factors that tell them apart."""
    log = _log(*((user, item, item) for user in range(3) for item in range(58)), titles=60)
    genres = ("Western", "Musical")
    titles = tuple(
        Title(entity_id=f"t:{n}", title="One", genres=(genres[n % 2],), year=1950 + n % 20)
        for n in range(60)
    )
    factors = np.array([[1.0, 0.1] if n % 2 == 0 else [0.1, 1.0] for n in range(60)])
    factors[58:] = 0.0
    return WatchLog(
        titles=titles,
        users=log.users,
        items=log.items,
        watched_on=log.watched_on,
        completion=log.completion,
        user_count=3,
    ), factors


def test_a_new_title_lies_near_its_genre() -> None:
    log, factors = _genre_world()
    filled = with_cold_rows(log, factors, seed=0)
    np.testing.assert_array_equal(filled[:58], factors[:58].astype(np.float32))
    np.testing.assert_allclose(filled[58], [1.0, 0.1], atol=0.05)
    np.testing.assert_allclose(filled[59], [0.1, 1.0], atol=0.05)


def test_too_little_to_learn_from_leaves_new_titles_without_a_place() -> None:
    log, factors = _genre_world()
    few = log.select(log.items < 10)
    assert not with_cold_rows(few, factors, seed=0)[58:].any()


def test_fields_hold_what_watched_titles_share() -> None:
    bags = (
        {"genre": ("crime",), "person": ("ada", "bo")},
        {"genre": ("crime", "war"), "person": ("ada",)},
        {"genre": ("war",), "person": ("cy",)},
        {"genre": ("crime",), "person": ("cy", "ada")},
    )
    genre, person = field_matrices(bags, np.array([0, 1, 2]))
    assert (genre.field, genre.shape, person.field, person.shape) == (
        *("genre", (4, 2)),
        *("person", (4, 1)),  # nobody watched two titles with Bo or Cy
    )
    np.testing.assert_allclose(np.linalg.norm(genre.dense(np.arange(4)), axis=1), 1.0)
    assert person.dense(np.array([2, 3])).tolist() == [[0.0], [1.0]]
    assert field_matrices(({"genre": ("a",)}, {"genre": ("b",)}), np.array([0, 1])) == ()


def test_people_and_keywords_place_a_new_title_that_genres_cannot() -> None:
    log, factors = _genre_world()
    told = {
        title.entity_id: Metadata(people=("Ada" if number % 4 < 2 else "Bo",), description="Rain.")
        for number, title in enumerate(log.titles)
    }
    factors[:58, 1] = [2.0 if number % 4 < 2 else -2.0 for number in range(58)]
    known = with_cold_rows(replace(log, metadata=told), factors, seed=0)
    assert known[58, 1] == pytest.approx(-2.0, abs=0.2)
    assert known[59, 1] == pytest.approx(-2.0, abs=0.2)
    assert abs(with_cold_rows(log, factors, seed=0)[58, 1]) < 1.0


def test_a_new_title_nothing_is_known_of_has_no_place() -> None:
    log, factors = _genre_world()
    titles = (*log.titles[:59], Title(entity_id="t:59", title="?", kind="series"))
    assert not with_cold_rows(replace(log, titles=titles), factors, seed=0)[59].any()


def test_fields_without_words_do_no_harm() -> None:
    log, factors = _genre_world()
    bare = tuple(Title(entity_id=f"t:{n}", title="…") for n in range(60))
    filled = with_cold_rows(replace(log, titles=bare), factors, seed=0)
    assert np.isfinite(filled).all()


@pytest.mark.deep
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_gives_its_table(protocol: str, panel: WatchLog) -> None:
    table = compare(panel, protocol=protocol, dimension=16, segments=16, seed=2)
    facts = table.facts()
    rows = {row["model"]: row for row in facts["rows"]}  # type: ignore[attr-defined]
    assert facts["protocol"] == protocol
    assert facts["users"] == table.people > 0
    ranks = list(rows)
    assert set(ranks) <= set(model_names(protocol, dimension=16, segments=16))
    assert ranks[0] == "foldin-16"
    for row in rows.values():
        assert 0 <= row["ndcg_at_10"] <= 1
        assert row["recall_at_20"] <= row["recall_at_50"]
        assert row["bytes"] > 0
        assert 0 < row["coverage"] <= 1
    assert rows["foldin-16"]["bytes"] == len(panel.titles) * (16 + 8)
    best, floor = rows["foldin-16"], rows[ranks[-1]]
    if protocol == "cold":
        assert best["ndcg_at_100"] > 0.5 * rows["foldin-16 warm"]["ndcg_at_100"]
    else:
        assert best["ndcg_at_100"] > floor["ndcg_at_100"]


def test_rows_can_be_picked_and_unknown_ones_are_named(panel: WatchLog) -> None:
    table = compare(
        panel, protocol="last", dimension=8, segments=16, seed=0, models=["popularity", "itemknn"]
    )
    assert [row.model for row in table.rows] == ["itemknn", "popularity"]
    with pytest.raises(InputError, match="no model 'svd'") as refusal:
        compare(panel, protocol="last", dimension=8, segments=16, seed=0, models=["svd"])
    assert "ease+recency" in (refusal.value.hint or "")
