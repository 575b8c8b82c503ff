"""The graph of head C against the float64 reference, and what its formula promises."""

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
from edgeagent.scoring.graph_rules import require_plain_graph
from model_export.heads.contract_reference import golden_vectors
from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.linear_reference import linear_reference
from tests.model_export.heads.foldin_cases import Arrays
from tests.model_export.heads.linear_cases import linear_inputs, linear_parameters

D, S = 12, 8
PARAMETERS = linear_parameters(dimension=D, segments=S)
SESSION = onnxruntime.InferenceSession(
    build_linear_graph(PARAMETERS), providers=["CPUExecutionProvider"]
)


def _run(inputs: Arrays) -> Arrays:
    names = [output.name for output in SESSION.get_outputs()]
    return dict(zip(names, SESSION.run(names, inputs), strict=True))


@given(
    seed=st.integers(0, 10**6),
    history=st.sampled_from([0, 1, 2, 19, 500]),
    candidates=st.sampled_from([0, 1, 40]),
    explained=st.sampled_from([0, 1, 6]),
)
@settings(max_examples=40, deadline=None)
def test_the_graph_computes_the_reference(
    seed: int, history: int, candidates: int, explained: int
) -> None:
    inputs = linear_inputs(
        seed, dimension=D, history=history, candidates=candidates, explained=explained
    )
    expected = linear_reference(PARAMETERS, inputs)
    for name, found in _run(inputs).items():
        assert found.shape == expected[name].shape, name
        largest = np.abs(expected[name]).max(initial=0)
        assert np.abs(found - expected[name]).max(initial=0) <= 1e-4 * largest, name


@given(seed=st.integers(0, 10**6), history=st.sampled_from([1, 5, 60, 500]))
@settings(max_examples=20, deadline=None)
def test_parts_and_bias_add_up_to_the_score(seed: int, history: int) -> None:
    inputs = linear_inputs(seed, dimension=D, history=history)
    answer = _run(inputs)
    scores = np.asarray(answer["scores"], dtype=np.float64)
    parts = np.asarray(answer["contributions"], dtype=np.float64).sum(axis=1)
    sums = parts + np.asarray(inputs["candidate_bias"][:6], dtype=np.float64)
    assert np.abs(sums - scores[:6]).max() <= 1e-4 * np.ptp(scores)


@given(seed=st.integers(0, 10**6), row=st.integers(0, 8))
@settings(max_examples=20, deadline=None)
def test_a_part_is_what_the_score_loses_without_the_viewing(seed: int, row: int) -> None:
    inputs = linear_inputs(seed, dimension=D, history=9)
    kept = np.delete(np.arange(9), row)
    without = inputs | {name: inputs[name][kept] for name in inputs if "history" in name}
    answer = _run(inputs)
    lost = answer["scores"][:6] - _run(without)["scores"][:6]
    assert lost == pytest.approx(
        answer["contributions"][:, row], abs=1e-4 * float(np.ptp(answer["scores"]))
    )


def test_a_viewing_counts_by_the_square_of_what_is_known_of_its_title() -> None:
    inputs = linear_inputs(4, dimension=D, history=1)
    inputs["history_embeddings"][0, -1] = 0.4
    known = _run(inputs)["user_embedding"]
    inputs["history_embeddings"][0, -1] = 0.8
    assert _run(inputs)["user_embedding"] == pytest.approx(known / 4, rel=1e-5)
    assert known[-1] == 0.0


def test_rows_of_zeros_and_padding_are_no_history() -> None:
    inputs = linear_inputs(1, dimension=D, history=7)
    for name, value in (("history_weights", 0.0), ("history_embeddings", 0.0)):
        answer = _run(inputs | {name: np.full_like(inputs[name], value)})
        assert (answer["user_embedding"] == 0).all()
        assert (answer["scores"] == inputs["candidate_bias"]).all()
        assert answer["segment_probabilities"] == pytest.approx(np.full(S, 1 / S))


def test_old_viewings_keep_the_floor() -> None:
    inputs = linear_inputs(4, dimension=D, history=3)
    old = inputs | {"history_age_days": np.full(3, 1e6, dtype=np.float32)}
    fresh = inputs | {
        "history_age_days": np.zeros(3, dtype=np.float32),
        "history_weights": np.asarray(inputs["history_weights"] * np.float32(PARAMETERS.floor)),
    }
    assert _run(old)["scores"] == pytest.approx(_run(fresh)["scores"], rel=1e-5)


def test_the_file_is_small_and_one_that_a_box_takes() -> None:
    data = build_linear_graph(linear_parameters(dimension=128, segments=32))
    require_plain_graph(data)
    graph = onnx.load_from_string(data)
    metadata = {prop.key: prop.value for prop in graph.metadata_props}
    assert (metadata["contract"], metadata["head"]) == ("1", "linear")
    assert len(data) <= 25_000


def test_equal_parameters_give_equal_bytes() -> None:
    assert build_linear_graph(PARAMETERS) == build_linear_graph(replace(PARAMETERS))


@pytest.mark.parametrize(
    "change",
    [
        {"decay_days": 0.0},
        {"decay_days": float("nan")},
        {"temperature": float("inf")},
        {"floor": 1.5},
        {"centroids": np.ones((S, D))},
        {"centroids": np.ones((S, 1))},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"linear: {next(iter(change))}") as refusal:
        build_linear_graph(replace(PARAMETERS, **change))  # type: ignore[arg-type]
    assert refusal.value.hint


def test_the_graph_passes_golden_vectors() -> None:
    rng = np.random.default_rng(8)
    rows = rng.integers(-127, 128, (D, 400), dtype=np.int8)
    rows[-1] = rng.integers(8, 128, 400)
    golden = golden_vectors(
        partial(linear_reference, PARAMETERS),
        rows=rows,
        scale=rng.uniform(0.002, 0.01, 400).astype(np.float32),
        bias=rng.uniform(0, 0.05, 400).astype(np.float32),
        seed=1,
    )
    for case in decode_golden(golden):
        assert first_miss(case, _run(dict(case.inputs))) is None
