"""The graph against the float64 reference, and the promises of tensor contract 1."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import InputError
from edgeagent.features.golden import decode_golden, first_miss
from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.contract_reference import golden_vectors
from model_export.heads.files import exact_graph
from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.foldin_reference import FoldinParameters, foldin_reference
from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.timescales_graph import build_timescales_graph
from tests.model_export.heads.blend_cases import blend_parameters
from tests.model_export.heads.foldin_cases import Arrays, foldin_inputs, foldin_parameters
from tests.model_export.heads.linear_cases import linear_parameters
from tests.model_export.heads.timescales_cases import timescales_parameters

D, S = 12, 8


@pytest.fixture(scope="module")
def session(parameters: FoldinParameters) -> onnxruntime.InferenceSession:
    return _session(build_foldin_graph(parameters))


def _session(data: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, inputs: Arrays) -> Arrays:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def _inputs(seed: int, *, history: int, candidates: int = 40, explained: int = 6) -> Arrays:
    return foldin_inputs(
        seed, dimension=D, history=history, candidates=candidates, explained=explained
    )


def test_the_order_of_rows_means_nothing(session: onnxruntime.InferenceSession) -> None:
    inputs = _inputs(3, history=19)
    turned = inputs | {name: inputs[name][::-1].copy() for name in inputs if "history" in name}
    found, expected = _run(session, turned), _run(session, inputs)
    assert found["user_embedding"] == pytest.approx(expected["user_embedding"], rel=1e-4)
    assert found["contributions"][:, ::-1] == pytest.approx(
        expected["contributions"], rel=1e-3, abs=1e-5
    )


@given(
    seed=st.integers(0, 10**6),
    history=st.sampled_from([0, 1, 2, 19, 500]),
    candidates=st.sampled_from([0, 1, 40]),
    explained=st.sampled_from([0, 1, 6]),
)
@settings(max_examples=40, deadline=None)
def test_the_graph_computes_the_reference(
    parameters: FoldinParameters,
    session: onnxruntime.InferenceSession,
    seed: int,
    history: int,
    candidates: int,
    explained: int,
) -> None:
    inputs = _inputs(seed, history=history, candidates=candidates, explained=explained)
    expected = foldin_reference(parameters, inputs)
    for name, found in _run(session, inputs).items():
        assert found.shape == expected[name].shape, name
        largest = np.abs(expected[name]).max(initial=0)
        assert np.abs(found - expected[name]).max(initial=0) <= 1e-4 * largest, name


@given(seed=st.integers(0, 10**6), history=st.sampled_from([1, 5, 60, 500]))
@settings(max_examples=20, deadline=None)
def test_parts_and_bias_add_up_to_the_score(
    session: onnxruntime.InferenceSession, seed: int, history: int
) -> None:
    inputs = _inputs(seed, history=history)
    answer = _run(session, inputs)
    scores = np.asarray(answer["scores"], dtype=np.float64)
    parts = np.asarray(answer["contributions"], dtype=np.float64).sum(axis=1)
    sums = parts + np.asarray(inputs["candidate_bias"][:6], dtype=np.float64)
    assert np.abs(sums - scores[:6]).max() <= 1e-4 * np.ptp(scores)


def test_without_history_the_user_is_exactly_zero(
    session: onnxruntime.InferenceSession,
) -> None:
    inputs = _inputs(1, history=0)
    answer = _run(session, inputs)
    assert (answer["user_embedding"] == 0).all()
    assert (answer["scores"] == inputs["candidate_bias"]).all()
    assert answer["segment_probabilities"] == pytest.approx(np.full(S, 1 / S))


def test_a_weight_of_zero_moves_nothing(session: onnxruntime.InferenceSession) -> None:
    inputs = _inputs(2, history=9)
    inputs["history_weights"][4] = 0.0
    answer = _run(session, inputs)
    kept = np.delete(np.arange(9), 4)
    without = _run(
        session,
        inputs | {name: inputs[name][kept] for name in inputs if name.startswith("history")},
    )
    assert (answer["contributions"][:, 4] == 0).all()
    assert answer["scores"] == pytest.approx(without["scores"], rel=1e-5, abs=1e-7)


def test_only_padding_is_no_history(session: onnxruntime.InferenceSession) -> None:
    inputs = _inputs(3, history=7)
    inputs["history_weights"] = np.zeros(7, dtype=np.float32)
    answer = _run(session, inputs)
    assert (answer["user_embedding"] == 0).all()
    assert all(np.isfinite(values).all() for values in answer.values())


def test_old_viewings_keep_the_floor(
    parameters: FoldinParameters, session: onnxruntime.InferenceSession
) -> None:
    inputs = _inputs(4, history=3)
    old = inputs | {"history_age_days": np.full(3, 1e6, dtype=np.float32)}
    fresh = inputs | {
        "history_age_days": np.zeros(3, dtype=np.float32),
        "history_weights": np.asarray(inputs["history_weights"] * np.float32(parameters.floor)),
    }
    old_scores, fresh_scores = _run(session, old)["scores"], _run(session, fresh)["scores"]
    assert old_scores == pytest.approx(fresh_scores, rel=1e-5)


def test_two_rows_are_one_row_of_both_weights(session: onnxruntime.InferenceSession) -> None:
    inputs = _inputs(5, history=2)
    inputs["history_embeddings"][1] = inputs["history_embeddings"][0]
    inputs["history_age_days"][:] = 3.0
    inputs["history_weights"][:] = 0.3, 0.5
    one = inputs | {
        "history_embeddings": inputs["history_embeddings"][:1],
        "history_age_days": inputs["history_age_days"][:1],
        "history_weights": np.array([0.8], dtype=np.float32),
    }
    assert _run(session, inputs)["scores"] == pytest.approx(_run(session, one)["scores"], rel=1e-5)


def test_the_file_is_what_the_contract_says() -> None:
    data = build_foldin_graph(foldin_parameters(dimension=128, segments=32))
    graph = onnx.load_from_string(data)
    assert [(o.domain, o.version) for o in graph.opset_import] == [("", 17)]
    assert graph.ir_version == 8
    assert {prop.key: prop.value for prop in graph.metadata_props} == {
        "contract": "1",
        "head": "foldin",
        "space_id": "0123456789abcdef",
        "model_version": "1.0",
        "d": "128",
        "s": "32",
    }
    assert 60_000 <= len(data) <= 480_000


def test_equal_parameters_give_equal_bytes(parameters: FoldinParameters) -> None:
    assert build_foldin_graph(parameters) == build_foldin_graph(replace(parameters))


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 0.0},
        {"alpha": float("nan")},
        {"regularization": -1.0},
        {"decay_days": 0.0},
        {"temperature": float("inf")},
        {"floor": 1.5},
        {"gram": np.full((D, D), np.nan)},
        {"gram": np.eye(D)[:3]},
        {"centroids": np.ones((S, D))},
        {"centroids": np.eye(D + 1)},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_refused(
    parameters: FoldinParameters, change: dict[str, object]
) -> None:
    with pytest.raises(InputError, match=f"fold-in: {next(iter(change))}") as refusal:
        build_foldin_graph(replace(parameters, **change))  # type: ignore[arg-type]
    assert refusal.value.hint


@pytest.mark.parametrize(("alpha", "regularization"), [(0.1, 100.0), (1.0, 10.0), (40.0, 1.0)])
def test_golden_vectors_pass_over_the_range_of_settings(
    alpha: float, regularization: float
) -> None:
    chosen = foldin_parameters(
        dimension=64, segments=16, alpha=alpha, regularization=regularization
    )
    rng = np.random.default_rng(8)
    golden = golden_vectors(
        partial(foldin_reference, chosen),
        rows=rng.integers(-127, 128, (64, 400), dtype=np.int8),
        scale=rng.uniform(0.0002, 0.003, 400).astype(np.float32),
        bias=rng.uniform(0, 0.05, 400).astype(np.float32),
        seed=1,
    )
    session = _session(exact_graph(chosen, golden))
    cases = decode_golden(golden)
    assert [len(case.inputs["history_weights"]) for case in cases] == [0, 1, 20, 500]
    for case in cases:
        assert first_miss(case, _run(session, dict(case.inputs))) is None
    long = cases[-1].inputs
    assert (long["history_weights"] == 0).sum() == 1
    assert (long["history_embeddings"][0] == long["history_embeddings"][1]).all()
    assert not long["candidate_embeddings"][:, -1].any()


@pytest.mark.parametrize("head", ["foldin", "linear", "timescales", "blend"])
def test_a_graph_holds_nothing_that_it_does_not_use(head: str) -> None:
    data = {
        "foldin": build_foldin_graph(foldin_parameters(dimension=D, segments=S)),
        "linear": build_linear_graph(linear_parameters(dimension=D, segments=S)),
        "timescales": build_timescales_graph(timescales_parameters(dimension=D, segments=S)),
        "blend": build_blend_graph(blend_parameters(dimension=D, segments=S)),
    }[head]
    graph = onnx.load_from_string(data).graph
    used = {name for node in graph.node for name in node.input} | {o.name for o in graph.output}
    held = [tensor.name for tensor in graph.initializer]
    held += [name for node in graph.node for name in node.output]
    assert set(held) <= used
