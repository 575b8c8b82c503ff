"""The language-neutral vectors of the fold-in, read the way a port would read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.model_export.heads.make_foldin_vectors import vectors

VECTORS = Path(__file__).parents[2] / "vectors"
STORED = json.loads((VECTORS / "foldin_small.json").read_text("utf-8"))
INT8 = {"candidate_embeddings"}
MATRICES = {"history_embeddings": (-1, 6), "explain_embeddings": (-1, 6)}


def _tensor(name: str, values: list[Any]) -> NDArray[Any]:
    array = np.array(values, dtype=np.int8 if name in INT8 else np.float32)
    if name in INT8:
        return array.reshape(6, -1)
    return array.reshape(MATRICES[name]) if name in MATRICES else array


@pytest.mark.parametrize("case", STORED["cases"], ids=lambda case: case["name"])
def test_the_stored_model_gives_the_stored_outputs(case: dict[str, Any]) -> None:
    session = onnxruntime.InferenceSession(
        (VECTORS / "foldin_small.onnx").read_bytes(), providers=["CPUExecutionProvider"]
    )
    inputs = {name: _tensor(name, values) for name, values in case["inputs"].items()}
    names = [output.name for output in session.get_outputs()]
    assert names == list(case["outputs"])
    for name, found in zip(names, session.run(names, inputs), strict=True):
        expected = np.array(case["outputs"][name], dtype=np.float64).reshape(found.shape)
        largest = np.abs(expected).max(initial=0.0)
        assert np.abs(found - expected).max(initial=0.0) <= STORED["rtol"] * largest


def test_the_reference_still_gives_the_stored_outputs() -> None:
    made = json.loads(json.dumps(vectors()))
    assert made.keys() == STORED.keys()
    assert made["parameters"].keys() == STORED["parameters"].keys()
    for new, old in zip(made["cases"], STORED["cases"], strict=True):
        assert new["inputs"] == old["inputs"]
        for name, values in old["outputs"].items():
            assert np.array(new["outputs"][name]) == pytest.approx(np.array(values), rel=1e-9)
