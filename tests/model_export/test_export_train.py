"""Training: settings, factors, bias, segments; reproducible, and better than popularity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.evaluation.ranking import (
    PersonHistory,
    evaluate_ranking,
    global_split,
    paired_gain,
    popularity_scorer,
)
from model_export.heads.als import LocalEngine
from model_export.heads.factors import ItemTable
from model_export.heads.foldin import FoldinSettings, FoldinSolver, FoldinTuned
from model_export.heads.foldin_tuning import tune
from model_export.heads.trained_model import TrainedModel
from model_export.heads.tuning import FitOrder
from model_export.heads.warm_start import carried_embeddings, held_near
from model_export.loaders.movielens import load_movielens
from model_export.log import WatchLog
from model_export.segments.kmeans import unit_rows
from model_export.segments.session_vectors import sample_sessions, session_vectors
from model_export.synthetic import synthetic_panel
from model_export.train import train

NO_HISTORY = PersonHistory(
    items=np.array([], dtype=np.int64),
    completion=np.array([], dtype=np.float32),
    watched_on=np.array([], dtype=np.int64),
    now=0,
)


def _scores(
    model: TrainedModel, history: PersonHistory
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(model.scorer()(history), dtype=np.float64)


def test_the_same_seed_gives_the_same_model(panel: WatchLog, model: TrainedModel) -> None:
    again = train(panel, seed=1, segments=16, dimension=16)
    assert again.table.space_id == model.table.space_id
    assert (again.centroids == model.centroids).all()
    assert again.labels == model.labels
    assert (again.bias == model.bias).all()


def test_another_seed_gives_another_space(panel: WatchLog, model: TrainedModel) -> None:
    factors = LocalEngine().fit(panel, alpha=1.0, regularization=10.0, dimension=16, seed=2)
    assert ItemTable.of(factors).space_id != model.table.space_id


def test_without_history_titles_rank_by_popularity(panel: WatchLog, model: TrainedModel) -> None:
    counts = np.bincount(panel.items, minlength=len(panel.titles))
    ranked = np.argsort(-_scores(model, NO_HISTORY), kind="stable")
    assert (np.diff(counts[ranked]) <= 0).all()
    assert (model.bias >= 0).all()


def test_the_bias_is_small_beside_personal_scores(panel: WatchLog, model: TrainedModel) -> None:
    rows = np.flatnonzero(panel.users == 0)
    history = PersonHistory(
        items=panel.items[rows],
        completion=panel.completion[rows],
        watched_on=panel.watched_on[rows],
        now=int(panel.watched_on[rows[-1]]),
    )
    assert 0 < model.bias.max() < 0.1 * np.ptp(_scores(model, history))


def test_titles_nobody_watched_have_rows_of_zeros() -> None:
    log = synthetic_panel(5, households=40, weeks=20, titles=120)
    unwatched = log.items == log.items[0]
    less = log.select(~unwatched)
    table = ItemTable.of(
        LocalEngine().fit(less, alpha=1.0, regularization=1.0, dimension=8, seed=0)
    )
    gone = int(log.items[0])
    assert not table.rows[:, gone].any()
    assert table.scale[gone] == 1.0
    assert not table.embeddings()[gone].any()


def test_int8_rows_are_near_what_they_stand_for() -> None:
    factors = np.random.default_rng(1).normal(size=(50, 8))
    table = ItemTable.of(factors)
    assert table.rows.shape == (8, 50)
    assert np.abs(table.rows).max(axis=0).tolist() == [127] * 50
    assert np.abs(table.embeddings() - factors).max() <= 0.51 * table.scale.max()


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 30])
def test_both_systems_of_the_solver_agree_with_the_formula(length: int) -> None:
    rng = np.random.default_rng(length)
    embeddings = rng.normal(size=(60, 8))
    settings = FoldinSettings(alpha=3.0, regularization=0.5, decay_days=20.0, floor=0.2)
    items = rng.integers(60, size=length)
    completion, ages = rng.uniform(size=length), rng.uniform(0, 90, size=length)
    history = embeddings[items]
    weights = 3.0 * completion * np.maximum(np.exp(-ages / 20.0), 0.2)
    system = embeddings.T @ embeddings + (history.T * weights) @ history + 0.5 * np.eye(8)
    expected = np.linalg.solve(system, history.T @ weights)
    assert FoldinSolver(embeddings, settings).user(items, completion, ages) == pytest.approx(
        expected, rel=1e-9, abs=1e-12
    )


@pytest.mark.deep
def test_the_panel_is_ranked_better_than_by_popularity(panel: WatchLog) -> None:
    split = global_split(panel)
    model = train(split.training, seed=0, segments=16, dimension=32)
    quality = evaluate_ranking(split, lambda history: _scores(model, history))
    popular = evaluate_ranking(split, popularity_scorer(split.training))
    gain, error = paired_gain(quality.ndcg_at_10, popular.ndcg_at_10)
    assert gain > 3 * error > 0


@pytest.mark.deep
def test_movielens_is_ranked_better_than_by_popularity(movielens_small: Path) -> None:
    split = global_split(load_movielens(movielens_small))
    model = train(split.training, seed=0)
    quality = evaluate_ranking(split, lambda history: _scores(model, history))
    popular = evaluate_ranking(split, popularity_scorer(split.training))
    gain, error = paired_gain(quality.ndcg_at_10, popular.ndcg_at_10)
    assert gain > 3 * error > 0


def test_settings_are_chosen_without_a_look_at_the_future(panel: WatchLog) -> None:
    # Tuning sees the training part only: what comes later may change in any way.
    split = global_split(panel)
    tuned = tune(split.training, FitOrder(dimension=8, seed=0))
    assert tuned.validation is not None
    assert tuned.foldin.alpha > 0
    assert tuned.fit_alpha > 0
    last = max(person.history.now for person in global_split(split.training).people)
    assert last < split.cut_at


def _tasteless(people: int, titles: int) -> WatchLog:
    """Return a log of people without a taste of their own: popularity is all there is to learn."""
    rng = np.random.default_rng(1)
    chances = 1.0 / np.arange(1, titles + 1)
    users = np.repeat(np.arange(people), 60)
    times = rng.permutation(len(users)) * 3600
    order = np.argsort(times)
    return WatchLog(
        titles=tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(titles)),
        users=users[order],
        items=rng.choice(titles, size=len(users), p=chances / chances.sum()),
        watched_on=times[order],
        completion=np.ones(len(users), dtype=np.float32),
        user_count=people,
    )


def test_settings_under_which_everything_points_one_way_are_never_chosen() -> None:
    log = _tasteless(200, 1000)
    tuned = tune(log, FitOrder(dimension=16, seed=0))
    factors = LocalEngine().fit(
        log,
        alpha=tuned.fit_alpha,
        regularization=tuned.fit_regularization,
        dimension=16,
        seed=0,
    )
    assert np.linalg.matrix_rank(factors, tol=0.01 * np.linalg.norm(factors, 2)) >= 8
    assert tuned.validation is not None


def test_progress_goes_forward(panel: WatchLog) -> None:
    told: list[tuple[str, float]] = []
    train(panel, seed=1, segments=16, dimension=4, progress=lambda *what: told.append(what))
    done = [part for _, part in told]
    assert done == sorted(done)
    assert 0 <= done[0] <= done[-1] <= 1
    assert all(what for what, _ in told)


def test_a_log_too_short_to_hold_anyone_out_takes_the_defaults() -> None:
    log = synthetic_panel(2, households=30, weeks=2, titles=100)
    assert len(log) > 100
    short = log.select(np.arange(len(log)) < 100)
    model = train(short, seed=0, segments=16, dimension=8)
    assert model.validation is None
    assert isinstance(model.settings, FoldinSettings)
    assert model.settings.alpha == 1.0


@pytest.mark.deep
def test_sessions_keep_their_segment_when_viewings_are_added() -> None:
    # 400 households: in the smaller panel of the other tests chance decides about three in 93.
    panel = synthetic_panel(5, households=400, weeks=26, titles=250)
    cut = np.quantile(panel.watched_on, 0.8)
    before = train(panel.select(panel.watched_on < cut), seed=1, segments=16, dimension=16)
    after = train(panel, seed=9, segments=16, dimension=16, previous=before)
    assert before.kept_fraction is None
    assert after.kept_fraction is not None
    assert after.kept_fraction >= 0.93
    assert after.table.space_id != before.table.space_id
    assert _kept(panel, before, after) == pytest.approx(after.kept_fraction, abs=0.02)
    fresh = train(panel, seed=9, segments=16, dimension=16)
    assert _kept(panel, before, fresh) < 0.6
    assert after.session_cosine > 0.8 * fresh.session_cosine  # what keeping ids costs


def _kept(log: WatchLog, before: TrainedModel, after: TrainedModel) -> float:
    """Return the fraction of sessions with the same segment by both models, as boxes compute it."""
    sessions = sample_sessions(log, seed=0)
    first, second = (
        (session_vectors(sessions, model.encoder()) @ model.centroids.T).argmax(axis=1)
        for model in (before, after)
    )
    return float((first == second).mean())


def test_a_refit_begins_where_the_model_before_ended(panel: WatchLog, model: TrainedModel) -> None:
    titles = (*reversed(panel.titles), Title(entity_id="new", title="New"))
    begun = carried_embeddings(model, titles)
    before = model.table.embeddings()
    np.testing.assert_array_equal(begun[:-1], before[::-1])
    assert not begun[-1].any()

    def likeness(start: NDArray[np.float32] | None) -> float:
        after = LocalEngine().fit(
            panel, alpha=1.0, regularization=1.0, dimension=before.shape[1], seed=77, start=start
        )
        return float((unit_rows(after) * unit_rows(before)).sum(axis=1).mean())

    assert likeness(before) > likeness(None) + 0.2


def test_rare_titles_are_held_near_and_the_space_is_turned_back() -> None:
    rng = np.random.default_rng(4)
    before = rng.normal(size=(60, 4)).astype(np.float32)
    before[7] = 0.0
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    moved = before.copy()
    moved[:3] += 1.0
    moved[7] = 2.0
    viewings = np.full(60, 1_000_000)
    viewings[[0, 1]] = 3, 0
    held = held_near((moved @ turn).astype(np.float32), before, viewings)
    assert held.dtype == np.float32
    np.testing.assert_allclose(held[8:], before[8:], atol=0.2)  # turned back
    np.testing.assert_allclose(held[0], (before[0] + held[2] - before[2] + before[0]) / 2, atol=0.2)
    assert np.linalg.norm(held[2] - before[2]) > 1.5  # often watched: it goes where viewings say
    assert np.linalg.norm(held[1] - before[1]) > 1.5  # unwatched: for its metadata to tell
    assert np.linalg.norm(held[7]) == pytest.approx(4.0, rel=1e-3)  # of which nothing was known


def test_a_new_title_is_fitted_as_well_where_the_rest_has_begun(panel: WatchLog) -> None:
    settings = {"alpha": 1.0, "regularization": 1.0, "dimension": 8, "seed": 1}
    start = LocalEngine().fit(panel, **settings)  # type: ignore[arg-type]
    often = int(np.bincount(panel.items).argmax())
    start[often] = 0.0
    again = LocalEngine().fit(panel, **settings, start=start)  # type: ignore[arg-type]
    nothing = LocalEngine().fit(panel, **settings, start=np.zeros_like(start))  # type: ignore[arg-type]
    assert nothing.any()
    assert np.linalg.norm(again[often]) > np.median(np.linalg.norm(again, axis=1))


def test_cohesion_and_size_tell_of_each_segment(panel: WatchLog, model: TrainedModel) -> None:
    assert model.session_share.sum() == pytest.approx(1.0)
    mean = float(model.session_share @ model.cohesion)
    assert mean == pytest.approx(model.session_cosine)
    assert all(titles for titles in model.segment_titles)
    spoken = "\n".join(panel.titles[item].title for item in np.unique(panel.items))
    assert all(title in spoken for titles in model.segment_titles for title in titles)


@pytest.mark.deep
def test_settled_settings_stay_unless_others_are_clearly_better(panel: WatchLog) -> None:
    def again(settled: FoldinTuned | None) -> FoldinTuned:
        return tune(panel, FitOrder(dimension=8, seed=0, settled=settled))

    best = again(None)
    near = replace(best, foldin=replace(best.foldin, decay_days=best.foldin.decay_days * 1.1))
    assert again(near).foldin == near.foldin
    absurd = replace(best, foldin=replace(best.foldin, alpha=1e-9, regularization=1e9))
    assert again(absurd).foldin != absurd.foldin


def test_a_previous_model_of_other_titles_is_refused(panel: WatchLog, model: TrainedModel) -> None:
    strangers = tuple(Title(entity_id=f"x:{n}", title="X") for n in range(len(model.titles)))
    with pytest.raises(InputError, match="knows none of the titles"):
        train(panel, seed=1, segments=16, dimension=4, previous=replace(model, titles=strangers))


@pytest.mark.parametrize(
    ("segments", "dimension", "says"),
    [
        (15, 4, "15 segments"),
        (65, 4, "65 segments"),
        (20, 8, "20 segments"),
        (16, 0, "0 dimensions"),
        (16, 1025, "1025 dimensions"),
    ],
)
def test_sizes_out_of_range_are_refused(
    panel: WatchLog, segments: int, dimension: int, says: str
) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        train(panel, seed=0, segments=segments, dimension=dimension)
    assert refusal.value.hint


def test_an_empty_log_and_another_number_of_segments_are_refused(
    panel: WatchLog, model: TrainedModel
) -> None:
    with pytest.raises(InputError, match="no viewings"):
        train(panel.select(np.zeros(len(panel), dtype=np.bool_)), seed=0)
    with pytest.raises(InputError, match="has 16 segments, 32 are asked for"):
        train(panel, seed=0, segments=32, previous=model)
