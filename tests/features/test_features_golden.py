"""The golden archive: what is written is read back, and nothing else is accepted."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from edgeagent.errors import ModelRefused
from edgeagent.features.golden import (
    GoldenDraw,
    GoldenTable,
    decode_golden,
    encode_golden,
    first_miss,
)

TABLE = GoldenTable(
    rows=np.array([[1, -2, 0], [3, 4, 0]], dtype=np.int8),
    scale=np.array([0.5, 0.25, 1.0], dtype=np.float32),
    bias=np.array([0.1, 0.2, 0.0], dtype=np.float32),
)
DRAW = GoldenDraw(
    history=np.array([1, 1], dtype=np.int32),
    history_weights=np.array([0.5, 0.0], dtype=np.float32),
    history_age_days=np.array([0.0, 9.0], dtype=np.float32),
    candidates=np.array([2, 0], dtype=np.int32),
    explained=np.array([0], dtype=np.int32),
)
OUTPUTS = {
    "user_embedding": np.array([0.5, 1.0]),
    "scores": np.array([0.0, 2.0]),
    "segment_probabilities": np.array([0.25, 0.75]),
    "contributions": np.array([[1.5, 0.0]]),
}
GOLDEN = encode_golden(TABLE, [(DRAW, OUTPUTS), (DRAW, OUTPUTS)])


def test_what_is_written_is_read_back() -> None:
    cases = decode_golden(GOLDEN)
    assert len(cases) == 2
    inputs = cases[1].inputs
    assert inputs["history_embeddings"].tolist() == [[-0.5, 1.0], [-0.5, 1.0]]
    assert inputs["candidate_embeddings"].tolist() == [[0, 1], [0, 3]]
    assert inputs["candidate_scale"].tolist() == [1.0, 0.5]
    assert inputs["candidate_bias"].tolist() == [0.0, pytest.approx(0.1)]
    assert inputs["explain_embeddings"].tolist() == [[0.5, 1.5]]
    assert inputs["candidate_embeddings"].dtype == np.int8
    assert {name: values.tolist() for name, values in cases[0].outputs.items()} == {
        name: values.tolist() for name, values in OUTPUTS.items()
    }


def test_equal_vectors_have_equal_bytes() -> None:
    assert encode_golden(TABLE, [(DRAW, OUTPUTS), (DRAW, OUTPUTS)]) == GOLDEN


def test_answers_are_held_against_the_largest_value() -> None:
    case = decode_golden(GOLDEN)[0]
    assert first_miss(case, OUTPUTS) is None
    near = OUTPUTS | {"scores": np.array([1.9e-4, 2.0], dtype=np.float32)}
    assert first_miss(case, near) is None
    far = OUTPUTS | {"scores": np.array([2.1e-4, 2.0])}
    assert (first_miss(case, far) or "").startswith("scores is off by 0.00021")
    broken = OUTPUTS | {"scores": np.array([np.nan, 2.0])}
    assert (first_miss(case, broken) or "").startswith("scores is off")
    short = OUTPUTS | {"contributions": np.zeros((1, 1))}
    assert first_miss(case, short) == "contributions has shape (1, 1), not (1, 2)"


def _archive(**arrays: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **arrays)
    return buffer.getvalue()


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.npy", bytes(9 * 1024 * 1024))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a zip"),
        (GOLDEN[:-40], "not a zip|truncated|CRC"),
        (encode_golden(TABLE, []), "no case"),
        (_archive(rows=TABLE.rows), "KeyError"),
        (_archive(rows=np.array([{}], dtype=object)), "allow_pickle"),
        (encode_golden(TABLE, [(replace(DRAW, history=np.array([7, 8])), OUTPUTS)]), "IndexError"),
        (encode_golden(TABLE, [(replace(DRAW, history=np.array([0.5])), OUTPUTS)]), "IndexError"),
        (_bomb(), "unpacked"),
    ],
    ids=["empty", "cut", "no-case", "no-table", "pickle", "column", "float-column", "bomb"],
)
def test_anything_else_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(ModelRefused, match=says) as refusal:
        decode_golden(data)
    assert refusal.value.hint
