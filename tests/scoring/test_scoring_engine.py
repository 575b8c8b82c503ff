from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.errors import ModelRefused
from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import MAX_HISTORY
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    Picks,
    RankRequest,
    SegmentRequest,
    SplitRequest,
    Viewing,
    decode_catalogue,
)
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import ModelInputs, ModelOutputs, OnnxModel
from tests.scoring.toy_model import (
    BIAS,
    CLAIMS,
    FACTS,
    ROWS,
    SCALE,
    TITLES,
    D,
    toy_catalogue,
    toy_model,
)

NOW = 1_780_000_000
FILES = ModelFiles(
    model_path="m", model_sha256="0" * 64, catalogue_path="c", catalogue_sha256="0" * 64
)
EMBEDDINGS = (ROWS * SCALE).T
IDS = [title.entity_id for title in TITLES]
viewings = st.builds(
    Viewing,
    entity_id=st.sampled_from([*IDS, "unknown"]),
    watched_on=st.integers(NOW - 10**7, NOW + 10**5),
    progress_fraction=st.floats(0, 1),
    completed=st.booleans(),
)
histories = st.lists(viewings, max_size=12).map(tuple)


def _watched(*entity_ids: str, fraction: float = 1.0) -> tuple[Viewing, ...]:
    return tuple(
        Viewing(entity_id=entity, watched_on=NOW, progress_fraction=fraction)
        for entity in entity_ids
    )


def _request(
    history: tuple[Viewing, ...] = (),
    *,
    hidden: tuple[str, ...] = (),
    not_reasons: tuple[str, ...] = (),
    explain: str | None = None,
    max_age_rating: int = 21,
) -> RankRequest:
    return RankRequest(
        files=FILES,
        now=NOW,
        history=PackedViewings.of(history),
        hidden=hidden,
        not_reasons=not_reasons,
        explain=explain,
        max_age_rating=max_age_rating,
    )


def _ids(picks: Picks) -> list[str]:
    return [pick.entity_id for pick in picks.picks]


def test_scores_are_those_worked_out_by_hand(engine: Engine) -> None:
    expected = EMBEDDINGS @ (EMBEDDINGS[0] + 0.5 * EMBEDDINGS[2]) + BIAS
    history = _watched("t:a") + _watched("t:c", fraction=0.5)
    scores = engine.scores(history, now=NOW)
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(expected.tolist())


def test_picks_are_new_titles_with_reasons_that_name_what_was_watched(engine: Engine) -> None:
    history = _watched("t:a") + _watched("t:c", fraction=0.4)
    picks = engine.rank(_request(history))
    # Two titles are known: t:e is a little better than t:f, but it is more like t:b.
    assert _ids(picks) == ["t:b", "t:f", "t:e", "t:d", "t:g"]
    best = picks.picks[0]
    assert best.score == pytest.approx(1.0 + 0.4 * 0.5)
    assert [(r.kind, r.title) for r in best.reasons] == [
        ("watched", "Alpha"),
        ("watched", "Gamma"),
        ("popular", ""),
    ]
    assert {r.kind for r in picks.picks[2].reasons} == {"watched", "new"}
    assert sum(picks.segment_probabilities) == pytest.approx(1.0)
    assert picks.score_spread == pytest.approx(np.ptp(engine.scores(history, now=NOW)))
    assert picks.ranked_by == "model"


def test_what_was_begun_is_to_be_continued_and_not_new(engine: Engine) -> None:
    picks = engine.rank(_request(_watched("t:a") + _watched("t:c", fraction=0.4)))
    (begun,) = picks.continue_watching
    assert begun.entity_id == "t:c"
    assert begun.progress_fraction == pytest.approx(0.4)
    assert begun.score == pytest.approx(
        engine.scores(_watched("t:a") + _watched("t:c", fraction=0.4), now=NOW)[IDS.index("t:c")]
    )
    assert sum(r.contribution for r in begun.reasons) == pytest.approx(begun.score)


def test_without_a_history_each_segment_is_shown_once_before_any_is_shown_twice(
    engine: Engine,
) -> None:
    # By bias f, e, then the others by id; f, e, a, b are of segment 0, c of 1, d of 2, g of 3.
    assert _ids(engine.rank(_request())) == ["t:f", "t:c", "t:d", "t:g", "t:e", "t:a", "t:b"]


def test_without_a_model_titles_are_ranked_by_popularity_spread_over_genres() -> None:
    engine = Engine(None, CatalogueView.of(decode_catalogue(toy_catalogue())))
    picks = engine.rank(_request())
    assert _ids(picks) == ["t:f", "t:e", "t:a", "t:g", "t:b", "t:c", "t:d"]
    assert (picks.ranked_by, picks.segment_probabilities) == ("popularity", ())
    assert [(r.kind, r.contribution) for r in picks.picks[0].reasons] == [("popular", 0.5)]
    known = engine.rank(_request(_watched("t:f") + _watched("t:c", fraction=0.5)))
    assert "t:f" not in _ids(known)
    assert [pick.entity_id for pick in known.continue_watching] == ["t:c"]
    for pick in (*known.picks, *known.continue_watching):
        assert sum(reason.contribution for reason in pick.reasons) == pick.score
    engine.check_golden(b"without a model there is nothing to check")
    engine.check_claims(CLAIMS)


def test_age_ratings_and_hidden_titles_are_kept_back(engine: Engine) -> None:
    shown = _ids(engine.rank(_request(max_age_rating=12, hidden=("t:e",))))
    assert "t:d" not in shown
    assert "t:e" not in shown
    assert len(shown) == 5


def test_what_is_not_a_reason_was_watched_all_the_same(engine: Engine) -> None:
    picks = engine.rank(_request(_watched("t:a", "t:c"), not_reasons=("t:a",)))
    assert _ids(picks)
    assert "t:a" not in _ids(picks)
    assert "Alpha" not in {r.title for pick in picks.picks for r in pick.reasons}


def test_one_title_is_explained_watched_or_not(engine: Engine) -> None:
    (pick,) = engine.rank(_request(_watched("t:a"), explain="t:a")).picks
    assert pick.entity_id == "t:a"
    assert pick.score == pytest.approx(1.0)


@pytest.mark.parametrize(("explain", "hidden"), [("nowhere", ()), ("t:a", ("t:a",))])
def test_an_unknown_or_hidden_title_is_not_explained(
    engine: Engine, explain: str, hidden: tuple[str, ...]
) -> None:
    picks = engine.rank(_request(_watched("t:b"), explain=explain, hidden=hidden))
    assert picks.picks == ()
    assert picks.score_spread > 0


@given(history=histories)
def test_parts_add_up_to_the_score(engine: Engine, history: tuple[Viewing, ...]) -> None:
    answer = engine.rank(_request(history))
    for pick in answer.picks:
        total = sum(reason.contribution for reason in pick.reasons)
        assert abs(total - pick.score) <= 1e-4 * answer.score_spread
        assert pick.score == pytest.approx(
            float(engine.scores(history, now=NOW)[IDS.index(pick.entity_id)]), abs=1e-5
        )


@given(history=histories, left_out=st.sets(st.sampled_from(IDS), max_size=3))
def test_a_title_that_is_not_a_reason_moves_no_score_and_no_segment(
    engine: Engine, history: tuple[Viewing, ...], left_out: set[str]
) -> None:
    without = tuple(v for v in history if v.entity_id not in left_out)
    for entity_id in IDS:
        given, never = (
            engine.rank(_request(viewings, not_reasons=marked, explain=entity_id))
            for viewings, marked in ((history, tuple(left_out)), (without, ()))
        )
        assert given == never


def test_where_nothing_carries_weight_there_is_no_mix(engine: Engine) -> None:
    assert engine.rank(_request()).segment_probabilities == ()
    watched = _watched("t:a", "t:b")
    assert engine.rank(_request(watched, hidden=("t:a",))).segment_probabilities != ()
    picks = engine.rank(_request(watched, hidden=("t:a",), not_reasons=("t:b",)))
    assert picks.segment_probabilities == ()


@given(history=histories, hidden=st.sets(st.sampled_from(IDS), max_size=3))
def test_a_hidden_title_is_as_if_it_had_never_been_watched_and_is_not_shown(
    engine: Engine, history: tuple[Viewing, ...], hidden: set[str]
) -> None:
    answer = engine.rank(_request(history, hidden=tuple(hidden)))
    without = tuple(v for v in history if v.entity_id not in hidden)
    expected = engine.rank(_request(without, hidden=tuple(hidden)))
    assert answer == expected
    assert not hidden & set(_ids(answer))
    assert not hidden & {r.entity_id for pick in answer.picks for r in pick.reasons}


@given(history=histories, entity=st.sampled_from(IDS))
def test_a_viewing_of_nothing_moves_nothing(
    engine: Engine, history: tuple[Viewing, ...], entity: str
) -> None:
    nothing = Viewing(entity_id=entity, watched_on=NOW, progress_fraction=0.0)
    assert engine.rank(_request((*history, nothing))) == engine.rank(_request(history))


@given(history=histories)
def test_the_order_of_the_history_does_not_matter(
    engine: Engine, history: tuple[Viewing, ...]
) -> None:
    assert engine.rank(_request(history)) == engine.rank(_request(history[::-1]))


def test_a_session_is_its_most_probable_segment_and_none_if_nothing_is_known(
    engine: Engine,
) -> None:
    request = SegmentRequest(
        files=FILES,
        sessions=(
            _watched("t:a"),
            _watched("t:c"),
            _watched("t:d", "unknown"),
            _watched("unknown"),
            _watched("t:a", fraction=0.0),
            (),
        ),
    )
    assert engine.segment(request).segments == (0, 1, 2, None, None, None)


def test_a_profile_is_split_into_sessions_in_order_of_time(engine: Engine) -> None:
    earlier = Viewing(entity_id="t:c", watched_on=NOW - 86_400, completed=True)
    (later,) = _watched("t:a")
    request = SplitRequest(files=FILES, profiles=((later, earlier), (), (earlier,)))
    assert engine.split(request).sessions == ((earlier,), (later,), (earlier,))


class _Watching(OnnxModel):
    """Notes the size of every input it is run on."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.rows: list[int] = []

    def run(self, inputs: ModelInputs) -> ModelOutputs:
        self.rows.append(len(inputs.history_weights))
        return super().run(inputs)


def test_every_session_is_one_run_of_one_size_whatever_it_holds() -> None:
    model = _Watching(toy_model())
    engine = Engine(model, CatalogueView.of(decode_catalogue(toy_catalogue())))
    long = tuple(Viewing(entity_id="t:a", watched_on=NOW + n) for n in range(MAX_HISTORY + 7))
    sessions = ((), _watched("unknown"), _watched("t:a"), _watched("t:c", "t:d"), long)
    engine.segment(SegmentRequest(files=FILES, sessions=sessions))
    assert model.rows == [MAX_HISTORY] * len(sessions)


def test_equal_segments_are_the_lower_one(engine: Engine) -> None:
    assert engine.segment(SegmentRequest(files=FILES, sessions=(_watched("t:e"),))).segments == (0,)


def test_a_head_whose_parts_do_not_add_up_has_a_part_together() -> None:
    catalogue = CatalogueView.of(decode_catalogue(toy_catalogue()))
    model = OnnxModel(toy_model(facts=FACTS | {"head": "timescales"}, factor=2.0))
    for pick in Engine(model, catalogue).rank(_request(_watched("t:a", "t:c"))).picks:
        (together,) = (r.contribution for r in pick.reasons if r.kind == "together")
        own = sum(r.contribution for r in pick.reasons if r.kind == "watched")
        assert together == pytest.approx(own)
        assert sum(r.contribution for r in pick.reasons) == pytest.approx(pick.score)


def test_a_catalogue_of_another_space_is_refused() -> None:
    other = CatalogueView.of(decode_catalogue(toy_catalogue(space_id="f" * 16)))
    with pytest.raises(ModelRefused, match="catalogue of space ffffffffffffffff"):
        Engine(OnnxModel(toy_model()), other)


def test_a_catalogue_of_other_dimensions_is_refused() -> None:
    other = CatalogueView.of(decode_catalogue(toy_catalogue(dimension=D + 1)))
    with pytest.raises(ModelRefused, match="catalogue of 5"):
        Engine(OnnxModel(toy_model()), other)


def test_a_titles_own_segments_are_the_nearest_and_stated_only_where_asked(engine: Engine) -> None:
    asked = msgspec.structs.replace(_request(), limit=len(IDS), own_segments_of=tuple(IDS))
    listed = engine.rank(asked)
    assert listed.space_id == CLAIMS.space_id
    for pick in listed.picks:
        user = EMBEDDINGS[IDS.index(pick.entity_id)]
        logits = np.concatenate((user, -user[: CLAIMS.segments - D]))
        nearest = tuple(np.argsort(-logits, kind="stable")[:3].tolist())
        assert pick.own_segments == (nearest if user.any() else ()), pick.entity_id
    assert any(pick.own_segments for pick in listed.picks)
    assert not any(pick.own_segments for pick in engine.rank(_request()).picks)


def test_without_a_model_no_title_has_segments() -> None:
    without = Engine(None, CatalogueView.of(decode_catalogue(toy_catalogue())))
    answer = without.rank(msgspec.structs.replace(_request(), own_segments_of=tuple(IDS)))
    assert answer.picks
    assert answer.space_id is None
    assert not any(pick.own_segments for pick in answer.picks)
