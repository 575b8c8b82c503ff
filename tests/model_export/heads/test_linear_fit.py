"""Fitting head C: rows against their definition, warm starts, and what is refused."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.evaluation.co_viewings import CoViewings
from model_export.evaluation.ranking import evaluate_ranking, paired_gain
from model_export.evaluation.splits import strong_split
from model_export.heads import linear_rows
from model_export.heads.encoders import history_scorer
from model_export.heads.fit import fit_head
from model_export.heads.linear import LinearEncoder, LinearSettings
from model_export.heads.linear_fit import LENGTHS, co_viewings
from model_export.heads.linear_rows import KNOWN, fit_rows, shortened, with_room_for_known
from model_export.heads.model_file import load_model, save_model
from model_export.heads.tuning import FitOrder
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.segments.kmeans import unit_rows
from model_export.train import train

UNFADING = LinearSettings(regularization=20.0, dropout_ratio=0.5, decay_days=36_500.0, floor=1.0)


@pytest.fixture(scope="module")
def few(panel: WatchLog) -> WatchLog:
    return panel.select(panel.items < 60)


def _edlae(log: WatchLog, *, rank: int) -> NDArray[np.float64]:
    """C [I, I] by its definition, of the rank given, in float64; it includes a diagonal."""
    watched = np.zeros((log.user_count, len(log.titles)))
    watched[log.users, log.items] = 1.0
    gram = watched.T @ watched
    system = gram + np.diag(UNFADING.regularization + UNFADING.dropout_ratio * np.diag(gram))
    inverse = np.linalg.inv(system)
    exact = -inverse / np.diag(inverse)
    np.fill_diagonal(exact, 0.0)
    h = np.diag(inverse) ** -0.5
    values, vectors = np.linalg.eigh(exact * h[:, np.newaxis] / h)
    strongest = vectors[:, -rank:] * np.maximum(values[-rank:], 0.0)
    return np.asarray((strongest @ vectors[:, -rank:].T) / h[:, np.newaxis] * h)


def _scores(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """[I, I] what title i, watched, says for title j."""
    encoder = LinearEncoder(rows, UNFADING)
    one, now = np.ones(1), np.zeros(1)
    users = np.array([encoder.user(np.array([item]), one, now) for item in range(len(rows))])
    return np.asarray(users @ rows.T)


@pytest.mark.parametrize("rank", [2, 8, 24])
@pytest.mark.parametrize("people", [40, 150])  # fewer than titles, and more
@pytest.mark.parametrize(("exact", "tolerance"), [(100, 1e-4), (0, 0.08)])
def test_rows_say_what_the_closed_form_says(
    few: WatchLog,
    rank: int,
    people: int,
    exact: int,
    tolerance: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not exact:  # as for a large catalogue, with more draws
        monkeypatch.setattr(linear_rows, "_WHOLE_SPECTRUM", 0)
        monkeypatch.setattr(linear_rows, "_DRAWS", 2048)
        monkeypatch.setattr(linear_rows, "_AT_ONCE", 256)
    monkeypatch.setattr(linear_rows, "_EXACT", exact)
    log = few.select(few.users < people)
    expected = _edlae(log, rank=rank)
    found = _scores(fit_rows(co_viewings(log), UNFADING, dimension=rank + 1))
    unit = np.sqrt((expected**2).sum() / (found**2).sum())  # rows are in units of their own
    assert unit * found == pytest.approx(expected, abs=tolerance * np.abs(expected).max())


def _estimated(viewed: CoViewings, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.float32]:
    """Rows [I, 32] as a large catalogue gets them."""
    with monkeypatch.context() as here:
        here.setattr(linear_rows, "_EXACT", 0)
        return fit_rows(viewed, UNFADING, dimension=32)


def test_the_estimate_is_as_good_as_its_page_says(
    panel: WatchLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed = co_viewings(panel)
    exact = fit_rows(viewed, UNFADING, dimension=32)[viewed.titles, -1]
    estimated = _estimated(viewed, monkeypatch)[viewed.titles, -1]
    error = np.sqrt(np.average((estimated / exact - 1) ** 2, weights=viewed.viewers))
    assert error < 0.015


def test_estimated_rows_are_equal_for_equal_logs_and_rank_as_exact_ones(
    panel: WatchLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = strong_split(panel, seed=0, fraction=0.5)
    viewed = co_viewings(split.training)

    def judged(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        score = history_scorer(LinearEncoder(rows, UNFADING), rows, np.zeros(len(rows)))
        return evaluate_ranking(split, score).ndcg_at_100

    estimated = _estimated(viewed, monkeypatch)
    assert (estimated == _estimated(viewed, monkeypatch)).all()
    gain, error = paired_gain(judged(estimated), judged(fit_rows(viewed, UNFADING, dimension=32)))
    assert abs(gain) < 3 * error < 0.01


def test_many_titles_take_no_square_of_their_number() -> None:
    people, titles, each = 200, 20_000, 100
    rng = np.random.default_rng(0)
    watched = csr_matrix(
        (
            np.ones(people * each, dtype=np.float32),
            (np.repeat(np.arange(people), each), rng.permutation(titles)),
        ),
        (people, titles),
    )
    everything = np.arange(titles)
    viewed = CoViewings(titles=everything, place=everything, watched=watched)
    tracemalloc.start()
    try:
        rows = fit_rows(viewed, UNFADING, dimension=8)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < titles**2 / 4
    assert np.isfinite(rows).all()
    # Each title has one viewer, who watched a hundred: all are known alike.
    assert np.sqrt(np.mean((rows[:, -1] - 1) ** 2)) < 0.01


def test_titles_in_no_log_and_viewings_of_nothing_make_no_rows(few: WatchLog) -> None:
    unseen = replace(few, completion=np.zeros_like(few.completion))
    assert not fit_rows(co_viewings(unseen), UNFADING, dimension=4).any()
    rows = fit_rows(co_viewings(few), UNFADING, dimension=4)
    seen = np.isin(np.arange(len(few.titles)), few.items)
    assert not rows[~seen].any()
    assert (rows[seen, -1] > 0).all()


def test_more_dimensions_than_titles_are_left_zero(few: WatchLog) -> None:
    rows = fit_rows(co_viewings(few), UNFADING, dimension=100)
    assert np.isfinite(rows).all()
    assert not rows[:, 60:-1].any()


def test_shorter_rows_are_parts_of_the_longest(few: WatchLog) -> None:
    longest = fit_rows(co_viewings(few), UNFADING, dimension=24)
    fitted = fit_rows(co_viewings(few), UNFADING, dimension=9)
    assert shortened(longest, dimension=9) == pytest.approx(fitted, abs=1e-4)


def test_longer_rows_have_to_be_worth_their_bytes(panel: WatchLog) -> None:
    lengths = (3, 16, 200, 400)  # what is longer than its titles is of zeros, and worth nothing
    fitted = fit_head(panel, "linear", FitOrder(dimension=16, lengths=lengths, seed=0))
    assert len(fitted.table.rows) in {16, 200}


@pytest.mark.deep
def test_the_length_is_kept_from_model_to_model(panel: WatchLog) -> None:
    before = train(panel, seed=1, segments=16, head="linear")
    assert len(before.table.rows) in LENGTHS
    short = train(panel, seed=1, segments=16, head="linear", dimension=12, previous=before)
    assert len(short.table.rows) == 12
    after = train(panel, seed=1, segments=16, head="linear", previous=short)
    assert len(after.table.rows) == 12


def test_no_coordinate_is_too_large_for_the_last_one(few: WatchLog) -> None:
    rows = fit_rows(co_viewings(few), UNFADING, dimension=12)
    assert with_room_for_known(rows) == pytest.approx(rows)
    guessed = np.array([[8.0, -16.0, 0.1], [0.0, 0.0, 0.0]], dtype=np.float32)
    assert with_room_for_known(guessed)[:, -1].tolist() == [16.0 * KNOWN, 0.0]


@pytest.mark.deep
def test_a_log_that_grows_keeps_its_rows_and_segments(panel: WatchLog) -> None:
    before = train(
        panel.select(panel.watched_on < np.quantile(panel.watched_on, 0.92)),
        seed=1,
        segments=16,
        dimension=16,
        head="linear",
    )
    after = train(panel, seed=2, segments=16, dimension=16, head="linear", previous=before)
    assert after.settings == before.settings
    assert after.kept_fraction is not None
    assert after.kept_fraction > 0.85
    assert not after.centroids[:, -1].any()
    rows, rows_before = (unit_rows(each.table.embeddings()[:, :-1]) for each in (after, before))
    assert np.median((rows * rows_before).sum(axis=1)) > 0.95


def test_a_trained_model_goes_all_the_way(panel: WatchLog, tmp_path: Path) -> None:
    titles = (*panel.titles, Title(entity_id="new", title="New", genres=panel.titles[0].genres))
    model = train(replace(panel, titles=titles), seed=1, segments=16, dimension=8, head="linear")
    assert model.head == "linear"
    assert model.table.rows[:, -1].any()  # from what the catalogue says of it
    save_model(model, tmp_path / "c.npz")
    loaded = load_model(tmp_path / "c.npz")
    assert loaded.settings == model.settings
    first, second = (export(each, each, now=1_780_000_000) for each in (model, loaded))
    assert first.model == second.model
    assert first.manifest.head == "linear"


def test_the_settings_are_chosen_where_people_can_be_held_out(panel: WatchLog) -> None:
    fitted = fit_head(panel, "linear", FitOrder(dimension=16, seed=0))
    assert isinstance(fitted.settings, LinearSettings)
    assert fitted.validation is not None
    lonely = panel.select(np.arange(len(panel)) < 3)
    alone = fit_head(lonely, "linear", FitOrder(dimension=16, seed=0))
    assert alone.validation is None


def test_what_it_cannot_take_is_refused_with_what_can(panel: WatchLog) -> None:
    with pytest.raises(InputError, match="2 dimensions") as refusal:
        fit_head(panel, "linear", FitOrder(dimension=1, seed=0))
    assert "foldin" in (refusal.value.hint or "")
