"""The graph of head D against the float64 reference, and what its formula promises."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import InputError
from edgeagent.features.golden import decode_golden, first_miss
from edgeagent.scoring.graph_rules import require_plain_graph
from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.blend_reference import blend_reference
from model_export.heads.contract_reference import golden_vectors
from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.linear_reference import LinearParameters
from model_export.heads.timescales_graph import build_timescales_graph
from model_export.heads.timescales_reference import TimescalesParameters
from tests.model_export.heads.blend_cases import GATE, blend_parameters
from tests.model_export.heads.foldin_cases import Arrays
from tests.model_export.heads.linear_cases import linear_inputs

D, S = 12, 8
HALF = D // 2
PARAMETERS = blend_parameters(dimension=D, segments=S)


def _session(data: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


SESSION = _session(build_blend_graph(PARAMETERS))


def _run(inputs: Arrays, session: onnxruntime.InferenceSession = SESSION) -> Arrays:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def _alone() -> tuple[onnxruntime.InferenceSession, onnxruntime.InferenceSession]:
    """Both heads by themselves, with the same parameters."""
    described = {
        "centroids": np.eye(HALF),
        "temperature": 0.1,
        "space_id": "0" * 16,
        "model_version": "1",
    }
    timescales = TimescalesParameters(weights=PARAMETERS.weights, **described)  # type: ignore[arg-type]
    linear = LinearParameters(
        decay_days=PARAMETERS.decay_days,
        floor=PARAMETERS.floor,
        **described,  # type: ignore[arg-type]
    )
    return _session(build_timescales_graph(timescales)), _session(build_linear_graph(linear))


ALONE = _alone()


def _half(inputs: Arrays, columns: slice) -> Arrays:
    halved = {
        name: inputs[name][:, columns]
        for name in inputs
        if name.startswith(("hi", "ex")) and inputs[name].ndim == 2
    }
    return inputs | halved | {"candidate_embeddings": inputs["candidate_embeddings"][columns]}


@given(
    seed=st.integers(0, 10**6),
    history=st.sampled_from([0, 1, 2, 19, 500]),
    candidates=st.sampled_from([0, 1, 40]),
    explained=st.sampled_from([0, 1, 6]),
)
@settings(max_examples=30, deadline=None)
def test_the_graph_computes_the_reference(
    seed: int, history: int, candidates: int, explained: int
) -> None:
    inputs = linear_inputs(
        seed, dimension=D, history=history, candidates=candidates, explained=explained
    )
    expected = blend_reference(PARAMETERS, inputs)
    for name, found in _run(inputs).items():
        assert found.shape == expected[name].shape, name
        largest = np.abs(expected[name]).max(initial=0)
        assert np.abs(found - expected[name]).max(initial=0) <= 1e-4 * largest, name


@given(seed=st.integers(0, 10**6), history=st.sampled_from([1, 5, 60]))
@settings(max_examples=20, deadline=None)
def test_it_adds_what_both_heads_say(seed: int, history: int) -> None:
    inputs = linear_inputs(seed, dimension=D, history=history)
    both = _run(inputs)
    first, second = (
        _run(_half(inputs, columns), session)
        for session, columns in zip(ALONE, (slice(HALF), slice(HALF, D)), strict=True)
    )
    bias = inputs["candidate_bias"]
    share = GATE / np.linalg.norm(second["user_embedding"])
    scores = first["scores"] + share * (second["scores"] - bias)
    assert both["scores"] == pytest.approx(scores, abs=1e-4 * float(np.ptp(scores)))
    parts = first["contributions"] + share * second["contributions"]
    assert both["contributions"] == pytest.approx(parts, abs=1e-4 * float(np.ptp(parts)))


def test_rows_of_zeros_and_padding_are_no_history() -> None:
    inputs = linear_inputs(1, dimension=D, history=7)
    answer = _run(inputs | {"history_weights": np.zeros(7, dtype=np.float32)})
    assert (answer["user_embedding"] == 0).all()
    assert (answer["scores"] == inputs["candidate_bias"]).all()
    assert answer["segment_probabilities"] == pytest.approx(np.full(S, 1 / S))


def test_the_file_is_small_and_one_that_a_box_takes() -> None:
    data = build_blend_graph(blend_parameters(dimension=128, segments=32, hidden=96))
    require_plain_graph(data)
    assert len(data) <= 260_000
    assert build_blend_graph(PARAMETERS) == build_blend_graph(replace(PARAMETERS))


@pytest.mark.parametrize(
    "change",
    [
        {"decay_days": 0.0},
        {"gate": float("nan")},
        {"gate": 0.0},
        {"temperature": float("inf")},
        {"floor": 1.5},
        {"weights": replace(PARAMETERS.weights, skip=np.full((6, HALF), np.nan))},
        {"centroids": np.ones((S, D))},
        {"centroids": np.ones((S, HALF + 1))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_parameters_out_of_range_are_refused(change: dict[str, object]) -> None:
    name = next(iter(change))
    with pytest.raises(InputError, match=f"blend: {'skip' if name == 'weights' else name}") as why:
        build_blend_graph(replace(PARAMETERS, **change))  # type: ignore[arg-type]
    assert why.value.hint


def test_the_graph_passes_golden_vectors() -> None:
    rng = np.random.default_rng(8)
    rows = rng.integers(-127, 128, (D, 400), dtype=np.int8)
    rows[-1] = rng.integers(8, 128, 400)
    golden = golden_vectors(
        partial(blend_reference, PARAMETERS),
        rows=rows,
        scale=rng.uniform(0.002, 0.01, 400).astype(np.float32),
        bias=rng.uniform(0, 0.05, 400).astype(np.float32),
        seed=1,
    )
    for case in decode_golden(golden):
        assert first_miss(case, _run(dict(case.inputs))) is None
