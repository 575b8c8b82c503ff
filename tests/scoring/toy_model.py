"""A model of tensor contract 1 that one can work out by hand, and its catalogue.

The user is the weighted sum of the history, so title c scores Σ w_i · y_i·y_c + bias_c, each
viewing contributes w_i · y_i·y_c, and the parts add up. Segments are the softmax of the user's
coordinates, and of the first three turned round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from onnx import TensorProto, ValueInfoProto, helper, numpy_helper

from edgeagent.features.golden import GoldenDraw, GoldenTable, encode_golden
from edgeagent.messages import ModelClaims, ModelFiles, Title, encode_catalogue, sha256_hex

SPACE = "0123456789abcdef"
D, S = 4, 7
FACTS = {
    "contract": "1",
    "head": "foldin",
    "space_id": SPACE,
    "model_version": "1.0",
    "d": str(D),
    "s": str(S),
}
CLAIMS = ModelClaims(head="foldin", space_id=SPACE, dimension=D, segments=S)
_FLOAT, _INT8 = TensorProto.FLOAT, TensorProto.INT8
INPUTS: dict[str, tuple[int, Sequence[int | str]]] = {
    "history_embeddings": (_FLOAT, ["L", D]),
    "history_weights": (_FLOAT, ["L"]),
    "history_age_days": (_FLOAT, ["L"]),
    "candidate_embeddings": (_INT8, [D, "N"]),
    "candidate_scale": (_FLOAT, ["N"]),
    "candidate_bias": (_FLOAT, ["N"]),
    "explain_embeddings": (_FLOAT, ["K", D]),
}
OUTPUTS: dict[str, tuple[int, Sequence[int | str]]] = {
    "user_embedding": (_FLOAT, [D]),
    "scores": (_FLOAT, ["N"]),
    "segment_probabilities": (_FLOAT, [S]),
    "contributions": (_FLOAT, ["K", "L"]),
}


def toy_model(
    *,
    facts: Mapping[str, str] = FACTS,
    inputs: Mapping[str, tuple[int, Sequence[int | str]]] = INPUTS,
    outputs: Mapping[str, tuple[int, Sequence[int | str]]] = OUTPUTS,
    opset: int = 17,
    ir_version: int = 8,
    domain: str = "",
    factor: float = 1.0,
) -> bytes:
    """Build the model; ``factor`` multiplies the user (NaN poisons every answer)."""
    segments = int(outputs["segment_probabilities"][1][0])
    constants = [
        numpy_helper.from_array(np.array([1]), "one"),
        numpy_helper.from_array(np.array([0]), "zero"),
        numpy_helper.from_array(np.array([segments - D]), "turned"),
        numpy_helper.from_array(np.array(factor, dtype=np.float32), "factor"),
    ]
    nodes = [
        helper.make_node("Unsqueeze", ["history_weights", "one"], ["w"]),
        helper.make_node("Mul", ["history_embeddings", "w"], ["wy"]),
        helper.make_node("ReduceSum", ["wy", "zero"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "factor"], ["user_embedding"]),
        helper.make_node("Cast", ["candidate_embeddings"], ["c"], to=_FLOAT),
        helper.make_node("Mul", ["c", "candidate_scale"], ["y"]),
        helper.make_node("MatMul", ["user_embedding", "y"], ["dot"]),
        helper.make_node("Add", ["dot", "candidate_bias"], ["scores"]),
        helper.make_node("Slice", ["user_embedding", "zero", "turned"], ["first"]),
        helper.make_node("Neg", ["first"], ["away"]),
        helper.make_node("Concat", ["user_embedding", "away"], ["logits"], axis=0),
        helper.make_node("Softmax", ["logits"], ["segment_probabilities"], axis=0),
        helper.make_node("Transpose", ["wy"], ["wyt"], perm=[1, 0]),
        helper.make_node("MatMul", ["explain_embeddings", "wyt"], ["contributions"]),
    ]
    graph = helper.make_graph(
        nodes, "toy", _values(inputs), _values(outputs), initializer=constants
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(domain, opset)], ir_version=ir_version
    )
    helper.set_model_props(model, dict(facts))
    return bytes(model.SerializeToString())


def _values(spec: Mapping[str, tuple[int, Sequence[int | str]]]) -> list[ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, dtype, shape) for name, (dtype, shape) in spec.items()
    ]


ROWS = np.array(
    [[2, 2, 0, 0, 1, 0, -1], [0, 1, 2, 0, 1, 0, 0], [0, 0, 1, 2, 1, 0, 0], [0, 0, 0, 1, 1, 0, 3]],
    dtype=np.int8,
)
SCALE = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25], dtype=np.float32)
BIAS = np.array([0.0, 0.0, 0.0, 0.0, 0.25, 0.5, 0.0], dtype=np.float32)
TITLES = (
    Title(entity_id="t:a", title="Alpha", genres=("War",), year=1999),
    Title(entity_id="t:b", title="Beta", genres=("War",)),
    Title(entity_id="t:c", title="Gamma", genres=("Comedy",)),
    Title(entity_id="t:d", title="Delta", genres=("Space",), age_rating=18),
    Title(entity_id="t:e", title="Epsilon", genres=("Space",), year=2026),
    Title(entity_id="t:f", title="Zeta", genres=("Comedy",), year=1999),
    Title(entity_id="t:g", title="Eta", run_minutes=100),
)


def toy_catalogue(*, space_id: str = SPACE, dimension: int = D) -> bytes:
    return encode_catalogue(
        space_id=space_id,
        dimension=dimension,
        issued_at=1_780_000_000,
        titles=TITLES,
        rows=np.resize(ROWS, (dimension, len(TITLES))).tobytes(),
        scale=SCALE.tobytes(),
        bias=BIAS.tobytes(),
    )


def toy_files(directory: Path, *, model: bytes | None = None) -> ModelFiles:
    """Write model and catalogue, content-addressed, and say where."""
    paths = []
    for data in (toy_model() if model is None else model, toy_catalogue()):
        sha256 = sha256_hex(data)
        path = directory / sha256
        path.write_bytes(data)
        paths.append((str(path), sha256))
    return ModelFiles(
        model_path=paths[0][0],
        model_sha256=paths[0][1],
        catalogue_path=paths[1][0],
        catalogue_sha256=paths[1][1],
    )


def toy_golden(directory: Path) -> str:
    """Write one golden case, worked out in float64, and say where."""
    table = GoldenTable(rows=ROWS, scale=SCALE, bias=BIAS)
    draw = GoldenDraw(
        history=np.array([0, 2], dtype=np.int32),
        history_weights=np.array([1.0, 0.5], dtype=np.float32),
        history_age_days=np.array([0.0, 3.0], dtype=np.float32),
        candidates=np.arange(len(TITLES), dtype=np.int32),
        explained=np.array([1, 4], dtype=np.int32),
    )
    embeddings = (ROWS * SCALE).T.astype(np.float64)
    weighted = embeddings[draw.history] * draw.history_weights[:, np.newaxis]
    user = weighted.sum(axis=0)
    odds = np.exp(np.append(user, -user[: S - D]))
    outputs = {
        "user_embedding": user,
        "scores": embeddings @ user + BIAS,
        "segment_probabilities": odds / odds.sum(),
        "contributions": embeddings[draw.explained] @ weighted.T,
    }
    path = directory / "golden.npz"
    path.write_bytes(encode_golden(table, [(draw, outputs)]))
    return str(path)
