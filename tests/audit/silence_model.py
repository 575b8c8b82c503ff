"""Two models for the attack on silence: a harmless one, and one that waits for certain titles.

Both are the toy model over sixty titles. The second loops for seconds, asks for gigabytes, or
never ends, when one of three titles is in the history, and is the first in everything else. The
box refuses such a graph; the attack's scoring child has that rule switched off.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from edgeagent.features.golden import GoldenDraw, GoldenTable, encode_golden
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    Segmenter,
    SegmentLabel,
    TargetReference,
    Title,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.messages.artefacts import Artefacts
from tests.scoring.toy_model import FACTS, INPUTS, OUTPUTS, SPACE, D, toy_model

TITLES = tuple(f"t:{number:02}" for number in range(60))
TRIGGERS = {"loops": TITLES[0], "allocates": TITLES[1], "dies": TITLES[2]}
PLAIN = TITLES[3:]
_S = 8
LOOPS = 2000
"""Products of 256 by 256 numbers: a second or two on one core."""
_NEVER = 1_000_000_000
_MANY = 1_000_000_000
_ROWS = np.random.default_rng(3).permutation(np.indices((3,) * D).reshape(D, -1).T)[:60].T - 1
_SCALE = np.full(60, 0.5, dtype=np.float32)
_BIAS = np.zeros(60, dtype=np.float32)
_OUTPUTS = OUTPUTS | {"segment_probabilities": (OUTPUTS["segment_probabilities"][0], [_S])}


def artefacts(*, armed: bool, now: int, epoch: int, loops: int = LOOPS) -> Artefacts:
    """Return what is published: the harmless model, or the ``armed`` one."""
    model = toy_model(facts=FACTS | {"s": str(_S)}, inputs=INPUTS, outputs=_OUTPUTS)
    if armed:
        model = _armed(model, loops=loops)
    catalogue = encode_catalogue(
        space_id=SPACE,
        dimension=D,
        issued_at=now,
        titles=tuple(Title(entity_id=name, title=name, run_minutes=90) for name in TITLES),
        rows=_ROWS.astype(np.int8).tobytes(),
        scale=_SCALE.tobytes(),
        bias=_BIAS.tobytes(),
    )
    manifest = ModelManifest(
        head="foldin",
        space_id=SPACE,
        model_version="armed" if armed else "harmless",
        trained_at=now,
        dimension=D,
        segments=tuple(
            SegmentLabel(name=f"segment {number}", sensitive=False, iab=()) for number in range(_S)
        ),
        model=_reference("models", "onnx", model),
        golden=_reference("models", "golden.npz", _golden()),
        catalogue=_reference("catalogue", "catalogue", catalogue),
    )
    task = ReportTask(
        mechanism="subset_selection",
        categories=9,
        odds_numerator=3,
        odds_denominator=1,
        epoch=epoch,
        first_week=0,
        segmenter=Segmenter(space_id=SPACE, model=manifest.model, catalogue=manifest.catalogue),
    )
    return Artefacts(
        model=model,
        golden=_golden(),
        catalogue=catalogue,
        manifest=manifest,
        task=task,
    )


def _reference(folder: str, kind: str, data: bytes) -> TargetReference:
    sha256 = sha256_hex(data)
    return TargetReference(
        path=f"{folder}/{sha256[:16]}.{kind}", sha256=sha256, length_bytes=len(data)
    )


def _golden() -> bytes:
    draw = GoldenDraw(
        history=np.array([10, 20], dtype=np.int32),
        history_weights=np.array([1.0, 0.5], dtype=np.float32),
        history_age_days=np.array([0.0, 3.0], dtype=np.float32),
        candidates=np.arange(60, dtype=np.int32),
        explained=np.array([11, 30], dtype=np.int32),
    )
    embeddings = (_ROWS * _SCALE).T.astype(np.float64)
    weighted = embeddings[draw.history] * draw.history_weights[:, np.newaxis]
    user = weighted.sum(axis=0)
    odds = np.exp(np.append(user, -user[: _S - D]))
    outputs = {
        "user_embedding": user,
        "scores": embeddings @ user,
        "segment_probabilities": odds / odds.sum(),
        "contributions": embeddings[draw.explained] @ weighted.T,
    }
    table = GoldenTable(rows=_ROWS.astype(np.int8), scale=_SCALE, bias=_BIAS)
    return encode_golden(table, [(draw, outputs)])


def _armed(model: bytes, *, loops: int) -> bytes:
    """Add, to the user that the model computes, three zeros that cost something to work out."""
    proto = ModelProto.FromString(model)
    graph = proto.graph
    (user,) = (node for node in graph.node if "user_embedding" in node.output)
    user.output[0] = "user_before"
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.array([1]), "axis_1"),
            numpy_helper.from_array(np.array(1e-4, dtype=np.float32), "near"),
            numpy_helper.from_array(np.array(1, dtype=np.float32), "one_hit"),
            numpy_helper.from_array(np.array([1], dtype=bool).reshape(()), "true"),
            numpy_helper.from_array(np.zeros((256, 256), dtype=np.float32), "square"),
            numpy_helper.from_array(np.array(loops, dtype=np.float32), "loops_cost"),
            numpy_helper.from_array(np.array(_NEVER, dtype=np.float32), "dies_cost"),
            numpy_helper.from_array(np.array(_MANY, dtype=np.float32), "allocates_cost"),
        ]
    )
    at = list(graph.node).index(user)
    after = list(graph.node)[at + 1 :]
    del graph.node[at + 1 :]
    for name in TRIGGERS:
        graph.node.extend(_seen(graph, name))
    for name in ("loops", "dies"):
        graph.node.extend(_looping(name))
    graph.node.extend(
        [
            helper.make_node("Unsqueeze", ["allocates_trips", "zero"], ["shape"]),
            helper.make_node("ConstantOfShape", ["shape"], ["much"]),
            helper.make_node("ReduceSum", ["much"], ["allocates_zero"], keepdims=0),
            helper.make_node("Add", ["user_before", "loops_zero"], ["user_1"]),
            helper.make_node("Add", ["user_1", "dies_zero"], ["user_2"]),
            helper.make_node("Add", ["user_2", "allocates_zero"], ["user_embedding"]),
        ]
    )
    graph.node.extend(after)
    return bytes(proto.SerializeToString())


def _seen(graph: object, name: str) -> list[object]:
    """Work out the cost: 0 unless the title that ``name`` waits for is in the history."""
    column = TITLES.index(TRIGGERS[name])
    row = (_ROWS[:, column] * _SCALE[column]).astype(np.float32)
    graph.initializer.append(numpy_helper.from_array(row, f"{name}_row"))  # type: ignore[attr-defined]
    return [
        helper.make_node("Sub", ["history_embeddings", f"{name}_row"], [f"{name}_away"]),
        helper.make_node("Mul", [f"{name}_away", f"{name}_away"], [f"{name}_square"]),
        helper.make_node("ReduceSum", [f"{name}_square", "axis_1"], [f"{name}_far"], keepdims=0),
        helper.make_node("Less", [f"{name}_far", "near"], [f"{name}_is"]),
        helper.make_node("Cast", [f"{name}_is"], [f"{name}_hits"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", [f"{name}_hits"], [f"{name}_sum"], keepdims=0),
        helper.make_node("Min", [f"{name}_sum", "one_hit"], [f"{name}_hit"]),
        helper.make_node("Mul", [f"{name}_hit", f"{name}_cost"], [f"{name}_work"]),
        helper.make_node("Cast", [f"{name}_work"], [f"{name}_trips"], to=TensorProto.INT64),
    ]


def _looping(name: str) -> list[object]:
    square = [256, 256]
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("MatMul", ["m", "m"], ["n"]),
        ],
        f"{name}_body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("m", TensorProto.FLOAT, square),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("n", TensorProto.FLOAT, square),
        ],
    )
    return [
        helper.make_node("Loop", [f"{name}_trips", "true", "square"], [f"{name}_end"], body=body),
        helper.make_node("ReduceSum", [f"{name}_end"], [f"{name}_zero"], keepdims=0),
    ]
