"""Promise 7, over the exported graphs of all heads: parts add up, and nothing else is cited."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    Pick,
    Picks,
    RankRequest,
    Title,
    TrialRequest,
    Viewing,
    decode_catalogue,
    encode_catalogue,
)
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.foldin_reference import FoldinParameters
from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.linear_reference import LinearParameters
from model_export.heads.timescales import TimescalesWeights
from model_export.heads.timescales_graph import build_timescales_graph
from model_export.heads.timescales_reference import TimescalesParameters
from tests.model_export.heads.blend_cases import blend_parameters

D, N, S, HIDDEN, SCALES = 8, 300, 8, 12, 3
NOW = 1_780_000_000
SPACE = "0123456789abcdef"
FILES = ModelFiles(
    model_path="m", model_sha256="0" * 64, catalogue_path="c", catalogue_sha256="0" * 64
)
ZERO_ROW = 17
RNG = np.random.default_rng(9)


def _catalogue(*, linear: bool = False) -> CatalogueView:
    rows = RNG.integers(-127, 128, (D, N), dtype=np.int8)
    if linear:  # what is known of a title: no less than its other coordinates ask for
        rows[-1] = RNG.integers(20, 128, N)
    rows[:, ZERO_ROW] = 0
    return CatalogueView.of(
        decode_catalogue(
            encode_catalogue(
                space_id=SPACE,
                dimension=D,
                issued_at=NOW,
                titles=tuple(
                    Title(
                        entity_id=f"t:{n:03}",
                        title=f"T{n}",
                        year=2026 if n % 3 else 1999,
                        age_rating=18 if n % 7 == 0 else 0,
                    )
                    for n in range(N)
                ),
                rows=rows.tobytes(),
                scale=RNG.uniform(0.0005, 0.005, N).astype("<f4").tobytes(),
                bias=RNG.uniform(0, 0.05, N).astype("<f4").tobytes(),
            )
        )
    )


CATALOGUE = _catalogue()
LINEAR_CATALOGUE = _catalogue(linear=True)


def _centroids() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    centroids = RNG.normal(size=(S, D))
    return np.asarray(centroids / np.linalg.norm(centroids, axis=1, keepdims=True))


def _foldin() -> bytes:
    embeddings = CATALOGUE.embeddings(np.arange(N)).astype(np.float64)
    return build_foldin_graph(
        FoldinParameters(
            gram=embeddings.T @ embeddings,
            regularization=5.0,
            alpha=20.0,
            decay_days=90.0,
            floor=0.2,
            centroids=_centroids(),
            temperature=0.1,
            space_id=SPACE,
            model_version="1",
        )
    )


def _timescales() -> bytes:
    return build_timescales_graph(
        TimescalesParameters(
            weights=TimescalesWeights(
                per_viewing=np.array([0.0, 0.1, 1.0]),
                per_day=np.array([0.01, 0.0, 0.1]),
                first=RNG.normal(size=(HIDDEN, SCALES * D)),
                offset=RNG.normal(size=HIDDEN),
                second=RNG.normal(size=(D, HIDDEN)),
                skip=RNG.normal(size=(SCALES, D)),
            ),
            centroids=_centroids(),
            temperature=0.1,
            space_id=SPACE,
            model_version="1",
        )
    )


def _linear() -> bytes:
    return build_linear_graph(
        LinearParameters(
            decay_days=90.0,
            floor=0.2,
            centroids=_centroids(),
            temperature=0.1,
            space_id=SPACE,
            model_version="1",
        )
    )


def _blend() -> bytes:
    return build_blend_graph(blend_parameters(dimension=D, segments=S))


HEADS = {
    "foldin": Engine(OnnxModel(_foldin()), CATALOGUE),
    "timescales": Engine(OnnxModel(_timescales()), CATALOGUE),
    "linear": Engine(OnnxModel(_linear()), LINEAR_CATALOGUE),
    "blend": Engine(OnnxModel(_blend()), LINEAR_CATALOGUE),
    "popularity": Engine(None, CATALOGUE),
}
heads = pytest.mark.parametrize("head", HEADS)
numbers = st.integers(0, N - 1)
viewings = st.builds(
    Viewing,
    entity_id=numbers.map("t:{:03}".format),
    watched_on=st.integers(NOW - 10**7, NOW + 10**5),
    progress_fraction=st.floats(0, 1),
)
histories = st.lists(viewings, max_size=40).map(tuple)
marked = st.sets(numbers.map("t:{:03}".format), max_size=5)


def _request(history: tuple[Viewing, ...], **fields: object) -> RankRequest:
    return RankRequest(files=FILES, now=NOW, history=PackedViewings.of(history), **fields)  # type: ignore[arg-type]


def _shown(picks: Picks) -> tuple[Pick, ...]:
    return (*picks.picks, *picks.continue_watching)


def _assert_parts_add_up(picks: Picks) -> None:
    for pick in _shown(picks):
        total = sum(reason.contribution for reason in pick.reasons)
        assert abs(total - pick.score) <= 1e-4 * picks.score_spread
        assert sum(reason.share_fraction for reason in pick.reasons) == pytest.approx(1.0)


@heads
@given(history=histories)
@settings(max_examples=40, deadline=None)
def test_the_parts_of_every_pick_add_up_to_its_score(
    head: str, history: tuple[Viewing, ...]
) -> None:
    picks = HEADS[head].rank(_request(history, exploration_seed=7))
    assert picks.picks
    _assert_parts_add_up(picks)


@heads
@given(history=histories)
@settings(max_examples=40, deadline=None)
def test_the_score_shown_is_the_one_the_graph_gives_every_title(
    head: str, history: tuple[Viewing, ...]
) -> None:
    engine = HEADS[head]
    picks, scores = engine.rank(_request(history)), engine.scores(history, now=NOW)
    for pick in _shown(picks):
        given_score = float(scores[int(pick.entity_id[2:])])
        assert abs(pick.score - given_score) <= 1e-4 * picks.score_spread


@heads
@given(history=histories, number=numbers)
@settings(max_examples=30, deadline=None)
def test_an_explanation_names_every_title_that_was_watched_and_adds_up(
    head: str, history: tuple[Viewing, ...], number: int
) -> None:
    picks = HEADS[head].rank(_request(history, explain=f"t:{number:03}"))
    (pick,) = picks.picks
    _assert_parts_add_up(picks)
    watched = {v.entity_id for v in history if (v.progress_fraction or 0.0) > 0}
    cited = {reason.entity_id for reason in pick.reasons if reason.kind == "watched"}
    assert cited == {entity for entity in watched if np.float32(_most(history, entity)) > 0}
    assert {r.kind for r in pick.reasons} - {"watched"} == {
        "new" if number % 3 else "popular",
        *(["together"] if head in ("timescales", "blend") else []),
    }


def _most(history: tuple[Viewing, ...], entity_id: str) -> float:
    return max(v.progress_fraction or 0.0 for v in history if v.entity_id == entity_id)


@heads
@given(history=histories, hidden=marked, not_reasons=marked)
@settings(max_examples=30, deadline=None)
def test_hidden_and_excluded_titles_are_never_cited_and_carry_no_weight(
    head: str, history: tuple[Viewing, ...], hidden: set[str], not_reasons: set[str]
) -> None:
    engine = HEADS[head]
    picks = engine.rank(_request(history, hidden=tuple(hidden), not_reasons=tuple(not_reasons)))
    left_out = hidden | not_reasons
    cited = {reason.entity_id for pick in _shown(picks) for reason in pick.reasons}
    assert cited.isdisjoint(left_out)
    assert hidden.isdisjoint(pick.entity_id for pick in _shown(picks))
    without = tuple(v for v in history if v.entity_id not in left_out)
    never = engine.rank(_request(without, hidden=tuple(hidden)))
    assert picks.segment_probabilities == never.segment_probabilities
    scores = {pick.entity_id: pick.reasons for pick in _shown(never)}
    assert all(scores.get(p.entity_id, p.reasons) == p.reasons for p in _shown(picks))
    finished = {v.entity_id for v in history if v.completed}
    assert finished.isdisjoint(pick.entity_id for pick in picks.picks)


@heads
@pytest.mark.parametrize("events", [0, 1, 3])
def test_somebody_hardly_known_sees_popular_titles_of_many_kinds_that_their_age_allows(
    head: str, events: int
) -> None:
    history = tuple(
        Viewing(entity_id=f"t:{n:03}", watched_on=NOW - n, completed=True) for n in range(events)
    )
    engine = HEADS[head]
    picks = engine.rank(_request(history, max_age_rating=12))
    numbers = [int(pick.entity_id[2:]) for pick in picks.picks]
    assert len(set(numbers)) == 10
    assert not any(number % 7 == 0 for number in numbers)
    assert set(numbers).isdisjoint(range(events))
    if events == 0:
        kinds = [engine._head.kind_of(number) for number in numbers]
        assert len(set(kinds)) >= (S - 2 if head != "popularity" else 1)
        best = np.argsort(-engine.catalogue.bias)[:180].tolist()
        assert set(numbers) <= set(best)


@heads
@pytest.mark.parametrize(
    "history",
    [
        (Viewing(entity_id=f"t:{ZERO_ROW:03}", watched_on=NOW, completed=True),),
        (Viewing(entity_id="t:001", watched_on=NOW, completed=True),),
        (Viewing(entity_id="t:001", watched_on=NOW, completed=True),) * 600,
        tuple(
            Viewing(entity_id=f"t:{n % N:03}", watched_on=NOW - 60 * n, completed=True)
            for n in range(10_000)
        ),
        (Viewing(entity_id="t:001", watched_on=0, progress_fraction=1e-30),),
        (Viewing(entity_id="t:001", watched_on=NOW, progress_seconds=10**15),),
    ],
    ids=["a zero row", "one item", "one item 600 times", "10,000 events", "tiny", "huge"],
)
def test_odd_histories_give_numbers_that_add_up(head: str, history: tuple[Viewing, ...]) -> None:
    picks = HEADS[head].rank(_request(history))
    _assert_parts_add_up(picks)
    assert all(np.isfinite(pick.score) for pick in picks.picks)


@pytest.mark.parametrize("head", ["foldin", "timescales"])
def test_a_zero_row_is_shown_with_its_bias_alone(head: str) -> None:
    history = (Viewing(entity_id="t:001", watched_on=NOW, completed=True),)
    (pick,) = HEADS[head].rank(_request(history, explain=f"t:{ZERO_ROW:03}")).picks
    assert pick.score == pytest.approx(float(CATALOGUE.bias[ZERO_ROW]))


def test_the_drawn_pick_is_marked_and_changes_with_the_seed_alone() -> None:
    engine = HEADS["foldin"]
    history = tuple(
        Viewing(entity_id=f"t:{n:03}", watched_on=NOW - n, completed=True) for n in range(9)
    )
    plain = engine.rank(_request(history))
    assert not any(pick.drawn for pick in plain.picks)
    lists = [engine.rank(_request(history, exploration_seed=seed)) for seed in (1, 1, 2)]
    assert lists[0] == lists[1]
    for drawn in lists:
        assert [pick.drawn for pick in drawn.picks] == [False] * 9 + [True]
        assert drawn.picks[:9] == plain.picks[:9]
    assert lists[0].picks[9] != lists[2].picks[9]


def test_a_model_guesses_what_somebody_of_one_taste_watched() -> None:
    engine = HEADS["foldin"]
    taste = np.argsort(-CATALOGUE.scores(np.eye(D, dtype=np.float32)[0] * 30))[:40].tolist()
    history = tuple(
        Viewing(entity_id=f"t:{n:03}", watched_on=NOW + 10 * place, completed=True)
        for place, n in enumerate(taste)
    )
    answer = engine.trial(TrialRequest(files=FILES, profiles=(history, history[:5])))
    assert len(answer.gains) == 10
    gains = [gain for gain in answer.gains if gain is not None]
    assert len(gains) == 10
    assert np.mean(gains) > 0.2
    unknown = tuple(
        Viewing(entity_id=f"x:{n:03}", watched_on=NOW + 10 * n, completed=True) for n in range(40)
    )
    assert engine.trial(TrialRequest(files=FILES, profiles=(unknown,))).gains == (None,) * 10


@pytest.mark.deep
def test_a_hundred_thousand_titles_are_ranked_like_any_others() -> None:
    many, dimension = 100_000, 2
    rng = np.random.default_rng(12)
    catalogue = CatalogueView.of(
        decode_catalogue(
            encode_catalogue(
                space_id=SPACE,
                dimension=dimension,
                issued_at=NOW,
                titles=tuple(Title(entity_id=f"t:{n}", title="T") for n in range(many)),
                rows=rng.integers(-127, 128, (dimension, many), dtype=np.int8).tobytes(),
                scale=np.full(many, 0.01, dtype="<f4").tobytes(),
                bias=np.zeros(many, dtype="<f4").tobytes(),
            )
        )
    )
    embeddings = catalogue.embeddings(np.arange(many)).astype(np.float64)
    model = build_foldin_graph(
        FoldinParameters(
            gram=embeddings.T @ embeddings / many,
            regularization=1.0,
            alpha=20.0,
            decay_days=90.0,
            floor=0.2,
            centroids=np.eye(dimension)[np.zeros(7, dtype=np.intp)],
            temperature=0.1,
            space_id=SPACE,
            model_version="1",
        )
    )
    engine = Engine(OnnxModel(model), catalogue)
    history = (Viewing(entity_id="t:99999", watched_on=NOW, completed=True),)
    picks = engine.rank(_request(history))
    _assert_parts_add_up(picks)
    scores = engine.scores(history, now=NOW)
    scores[99_999] = -np.inf
    assert picks.picks[0].score == pytest.approx(float(scores.max()), rel=1e-4)
