"""Head B's graph against its float64 reference, and the promises of tensor contract 1."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import InputError, ModelError
from edgeagent.features.golden import decode_golden, first_miss
from model_export.heads.contract_reference import golden_vectors
from model_export.heads.files import head_files
from model_export.heads.timescales_graph import build_timescales_graph
from model_export.heads.timescales_reference import timescales_reference
from model_export.heads.trained_model import TrainedModel
from tests.model_export.heads.foldin_cases import Arrays, foldin_inputs
from tests.model_export.heads.timescales_cases import (
    timescales_parameters,
    timescales_weights,
    with_timescales,
)

D, S = 12, 8
PARAMETERS = timescales_parameters(dimension=D, segments=S)
SESSION = onnxruntime.InferenceSession(
    build_timescales_graph(PARAMETERS), providers=["CPUExecutionProvider"]
)


def _run(inputs: Arrays) -> Arrays:
    names = [output.name for output in SESSION.get_outputs()]
    return dict(zip(names, SESSION.run(names, inputs), strict=True))


def _inputs(seed: int, *, history: int, candidates: int = 40, explained: int = 6) -> Arrays:
    inputs = foldin_inputs(
        seed, dimension=D, history=history, candidates=candidates, explained=explained
    )
    inputs["history_age_days"] = np.sort(inputs["history_age_days"])[::-1].copy()
    return inputs


def _rows(inputs: Arrays, kept: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Arrays:
    return inputs | {name: inputs[name][kept] for name in inputs if name.startswith("history")}


@given(
    seed=st.integers(0, 10**6),
    history=st.sampled_from([0, 1, 2, 19, 500]),
    candidates=st.sampled_from([0, 1, 40]),
    explained=st.sampled_from([0, 1, 6]),
    stretch=st.sampled_from([0.0, 1.0, 300.0]),
)
@settings(max_examples=40, deadline=None)
def test_the_graph_computes_the_reference(
    seed: int, history: int, candidates: int, explained: int, stretch: float
) -> None:
    inputs = _inputs(seed, history=history, candidates=candidates, explained=explained)
    inputs["history_age_days"] *= np.float32(stretch)
    inputs["history_weights"][::7] = 0.0
    expected = timescales_reference(PARAMETERS, inputs)
    for name, found in _run(inputs).items():
        assert found.shape == expected[name].shape, name
        largest = np.abs(expected[name]).max(initial=0)
        assert np.abs(found - expected[name]).max(initial=0) <= 1e-4 * largest, name


def test_where_nothing_is_explained_no_viewing_is_left_out() -> None:
    model = onnx.load_from_string(build_timescales_graph(PARAMETERS))
    model.graph.output.append(
        onnx.helper.make_tensor_value_info("mean_without.5", onnx.TensorProto.FLOAT, ["L", D])
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for explained, left_out in ((0, 0), (1, 19)):
        inputs = _inputs(3, history=19, explained=explained)
        (means,) = session.run(["mean_without.5"], inputs)
        assert means.shape == (left_out, D)


def test_rows_are_read_oldest_first() -> None:
    inputs = _inputs(3, history=19)
    turned = _run(_rows(inputs, np.arange(19)[::-1]))["user_embedding"]
    assert np.abs(turned - _run(inputs)["user_embedding"]).max() > 0.01


@pytest.mark.parametrize("row", [0, 4, 8])
def test_a_contribution_is_what_the_score_loses_without_the_viewing(row: int) -> None:
    inputs = _inputs(2, history=9)
    answer = _run(inputs)
    without = _run(_rows(inputs, np.delete(np.arange(9), row)))
    lost = (answer["scores"] - without["scores"])[:6]
    assert answer["contributions"][:, row] == pytest.approx(lost, rel=1e-3, abs=1e-5)


def test_without_history_the_user_is_exactly_zero() -> None:
    inputs = _inputs(1, history=0)
    answer = _run(inputs)
    assert (answer["user_embedding"] == 0).all()
    assert (answer["scores"] == inputs["candidate_bias"]).all()
    assert answer["segment_probabilities"] == pytest.approx(np.full(S, 1 / S))


def test_only_padding_is_no_history() -> None:
    inputs = _inputs(3, history=7)
    inputs["history_weights"] = np.zeros(7, dtype=np.float32)
    answer = _run(inputs)
    assert (answer["user_embedding"] == 0).all()
    assert (answer["contributions"] == 0).all()


@pytest.mark.parametrize("row", [0, 4, 8])
def test_a_weight_of_zero_moves_nothing_and_does_not_age_what_came_before(row: int) -> None:
    inputs = _inputs(2, history=9)
    inputs["history_weights"][row] = 0.0
    answer = _run(inputs)
    kept = np.delete(np.arange(9), row)
    without = _run(_rows(inputs, kept))
    assert (answer["contributions"][:, row] == 0).all()
    assert answer["scores"] == pytest.approx(without["scores"], rel=1e-5, abs=1e-6)
    assert answer["contributions"][:, kept] == pytest.approx(
        without["contributions"], rel=1e-4, abs=1e-5
    )


def test_a_household_that_was_away_is_the_same_household() -> None:
    inputs = _inputs(6, history=12)
    inputs["history_age_days"] = np.linspace(20, 0, 12, dtype=np.float32)
    later = inputs | {"history_age_days": inputs["history_age_days"] + np.float32(60)}
    assert _run(later)["scores"] == pytest.approx(_run(inputs)["scores"], rel=1e-3, abs=1e-4)


def test_a_very_long_history_and_a_very_long_shelf_stay_finite() -> None:
    inputs = _inputs(7, history=10_000, candidates=100_000, explained=3)
    inputs["history_age_days"] *= np.float32(100)
    answer = _run(inputs)
    assert all(np.isfinite(values).all() for values in answer.values())
    expected = timescales_reference(PARAMETERS, _rows(inputs, np.arange(9_500, 10_000)))
    assert answer["user_embedding"][:3].shape == expected["user_embedding"][:3].shape


def test_the_file_is_what_the_contract_says() -> None:
    data = build_timescales_graph(timescales_parameters(dimension=128, segments=64, hidden=96))
    graph = onnx.load_from_string(data)
    assert [(o.domain, o.version) for o in graph.opset_import] == [("", 17)]
    assert graph.ir_version == 8
    assert {prop.key: prop.value for prop in graph.metadata_props} == {
        "contract": "1",
        "head": "timescales",
        "space_id": "0123456789abcdef",
        "model_version": "1.0",
        "d": "128",
        "s": "64",
    }
    assert 60_000 <= len(data) <= 480_000
    assert data == build_timescales_graph(
        timescales_parameters(dimension=128, segments=64, hidden=96)
    )


def test_golden_vectors_are_met_with_room_to_spare() -> None:
    rng = np.random.default_rng(8)
    golden = golden_vectors(
        partial(timescales_reference, PARAMETERS),
        rows=rng.integers(-127, 128, (D, 400), dtype=np.int8),
        scale=rng.uniform(0.0002, 0.003, 400).astype(np.float32),
        bias=rng.uniform(0, 9, 400).astype(np.float32),
        seed=1,
    )
    cases = decode_golden(golden)
    assert [len(case.inputs["history_weights"]) for case in cases] == [0, 1, 20, 500]
    for case in cases:
        assert first_miss(case, _run(dict(case.inputs)), rtol=2e-5) is None


def test_a_graph_that_misses_its_golden_vectors_is_not_exported(model: TrainedModel) -> None:
    weights = timescales_weights(dimension=len(model.table.rows))
    huge = replace(weights, second=weights.second * 1e38)
    with (
        pytest.raises(ModelError, match="does not compute") as refusal,
        np.errstate(over="ignore", invalid="ignore"),
    ):
        head_files(replace(model, settings=huge), model_version="1")
    assert "foldin" in (refusal.value.hint or "")
    graph, golden = head_files(with_timescales(model), model_version="1")
    assert len(graph) > len(golden) / 100


@pytest.mark.parametrize(
    "change",
    [
        {"per_viewing": np.full(6, -1.0)},
        {"per_day": np.full(5, 1.0)},
        {"first": np.full((10, 6 * D), np.nan)},
        {"offset": np.full(10, np.inf)},
        {"second": np.ones((D + 1, 10))},
        {"temperature": 0.0},
        {"centroids": np.ones((S, D))},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_refused(change: dict[str, object]) -> None:
    (name,) = change
    if name in {"temperature", "centroids"}:
        wrong = replace(PARAMETERS, **change)  # type: ignore[arg-type]
    else:
        weights = replace(PARAMETERS.weights, **change)  # type: ignore[arg-type]
        wrong = replace(PARAMETERS, weights=weights)
    with pytest.raises(InputError, match=f"timescales: {name}") as refusal:
        build_timescales_graph(wrong)
    assert refusal.value.hint
