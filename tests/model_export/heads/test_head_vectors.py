"""The language-neutral vectors of the heads, read the way a port would read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from model_export.heads.fit import HEADS
from tests.model_export.heads import (
    make_blend_vectors,
    make_foldin_vectors,
    make_linear_vectors,
    make_timescales_vectors,
)

VECTORS = Path(__file__).parents[2] / "vectors"
MADE = {
    "blend": make_blend_vectors.vectors,
    "foldin": make_foldin_vectors.vectors,
    "linear": make_linear_vectors.vectors,
    "timescales": make_timescales_vectors.vectors,
}
STORED = {head: json.loads((VECTORS / f"{head}_small.json").read_text("utf-8")) for head in MADE}
CASES = [
    pytest.param(head, case, id=f"{head}: {case['name']}")
    for head in MADE
    for case in STORED[head]["cases"]
]
INT8 = {"candidate_embeddings"}
MATRICES = {"history_embeddings": (-1, 6), "explain_embeddings": (-1, 6)}


def _tensor(name: str, values: list[Any]) -> NDArray[Any]:
    array = np.array(values, dtype=np.int8 if name in INT8 else np.float32)
    if name in INT8:
        return array.reshape(6, -1)
    return array.reshape(MATRICES[name]) if name in MATRICES else array


def test_every_head_has_vectors() -> None:
    assert set(MADE) == set(HEADS)


@pytest.mark.parametrize(("head", "case"), CASES)
def test_the_stored_model_gives_the_stored_outputs(head: str, case: dict[str, Any]) -> None:
    session = onnxruntime.InferenceSession(
        (VECTORS / f"{head}_small.onnx").read_bytes(), providers=["CPUExecutionProvider"]
    )
    inputs = {name: _tensor(name, values) for name, values in case["inputs"].items()}
    names = [output.name for output in session.get_outputs()]
    assert names == list(case["outputs"])
    for name, found in zip(names, session.run(names, inputs), strict=True):
        expected = np.array(case["outputs"][name], dtype=np.float64).reshape(found.shape)
        largest = np.abs(expected).max(initial=0.0)
        assert np.abs(found - expected).max(initial=0.0) <= STORED[head]["rtol"] * largest


@pytest.mark.parametrize("head", MADE)
def test_the_reference_still_gives_the_stored_outputs(head: str) -> None:
    made, stored = json.loads(json.dumps(MADE[head]())), STORED[head]
    assert made.keys() == stored.keys()
    assert made["parameters"].keys() == stored["parameters"].keys()
    for new, old in zip(made["cases"], stored["cases"], strict=True):
        assert new["inputs"] == old["inputs"]
        for name, values in old["outputs"].items():
            assert np.array(new["outputs"][name]) == pytest.approx(np.array(values), rel=1e-9)
