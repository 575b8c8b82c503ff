"""Head A as an ONNX graph: tensor contract 1, opset 17, IR 8.

The system is solved by conjugate gradients with a Jacobi preconditioner (Hestenes and Stiefel 1952;
Saad 2003, "Iterative methods for sparse linear systems", algorithm 9.1), unrolled: one column for
the user and one for each explained title, all in the same steps. CG is not linear in its right-hand
side, so both are run until float32 is exhausted; then parts and score agree.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model_export.foldin import UNIT_GUARD, FoldinParameters

__all__ = ["CG_STEPS", "IR_VERSION", "OPSET", "build_foldin_graph"]

OPSET = 17
IR_VERSION = 8
CG_STEPS = 24
_TINY = 1e-30

_FLOAT, _INT8, _INT64 = TensorProto.FLOAT, TensorProto.INT8, TensorProto.INT64


class _Builder:
    """Collects nodes and constants; names results in order."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(
        self, operator: str, *inputs: str, output: str | None = None, **attributes: object
    ) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name


def build_foldin_graph(parameters: FoldinParameters) -> bytes:
    """Build, check and serialise the graph; the same parameters give the same bytes."""
    segments, dimension = parameters.centroids.shape
    build = _Builder()
    weight, history = _weighted_history(build, parameters)
    solution = _solve(build, history, weight, parameters)
    build.add("Slice", solution, "zero", "one", "axis1", output="user_column")
    build.add("Squeeze", "user_column", "axis1", output="user_embedding")
    _scores(build)
    _segments(build, parameters)
    _contributions(build, solution, history, weight)
    graph = helper.make_graph(
        build.nodes, "foldin", *_signature(dimension, segments), initializer=build.constants
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="edgeagent",
    )
    helper.set_model_props(
        model,
        {
            "contract": "1",
            "head": "foldin",
            "space_id": parameters.space_id,
            "model_version": parameters.model_version,
            "d": str(dimension),
            "s": str(segments),
        },
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _signature(
    dimension: int, segments: int
) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
    def value(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, list(shape))

    inputs = [
        value("history_embeddings", _FLOAT, "L", dimension),
        value("history_weights", _FLOAT, "L"),
        value("history_age_days", _FLOAT, "L"),
        value("candidate_embeddings", _INT8, dimension, "N"),
        value("candidate_scale", _FLOAT, "N"),
        value("candidate_bias", _FLOAT, "N"),
        value("explain_embeddings", _FLOAT, "K", dimension),
    ]
    outputs = [
        value("user_embedding", _FLOAT, dimension),
        value("scores", _FLOAT, "N"),
        value("segment_probabilities", _FLOAT, segments),
        value("contributions", _FLOAT, "K", "L"),
    ]
    return inputs, outputs


def _weighted_history(build: _Builder, parameters: FoldinParameters) -> tuple[str, str]:
    """Return the names of w [L+1] and Y [L+1, D].

    One row of zeros is appended: runtimes differ in what a product over zero rows is.
    """
    dimension = parameters.gramian.shape[0]
    build.constant("zero", np.array([0], dtype=np.int64))
    build.constant("one", np.array([1], dtype=np.int64))
    build.constant("axis1", np.array([1], dtype=np.int64))
    build.constant("minus_inverse_tau", np.float32(-1 / parameters.tau_days).reshape(()))
    build.constant("floor", np.float32(parameters.floor).reshape(()))
    build.constant("alpha", np.float32(parameters.alpha).reshape(()))
    build.constant("zero_row", np.zeros((1, dimension), dtype=np.float32))
    build.constant("zero_weight", np.zeros(1, dtype=np.float32))
    decay = build.add("Exp", build.add("Mul", "history_age_days", "minus_inverse_tau"))
    recency = build.add("Max", decay, "floor")
    own = build.add("Mul", build.add("Mul", "history_weights", recency), "alpha")
    weight = build.add("Concat", own, "zero_weight", axis=0)
    history = build.add("Concat", "history_embeddings", "zero_row", axis=0)
    return weight, history


def _solve(build: _Builder, history: str, weight: str, parameters: FoldinParameters) -> str:
    """Return the name of X [D, 1+K] with A X = [Σ w y, explained titles]."""
    dimension = parameters.gramian.shape[0]
    ridge = np.float32(parameters.ridge) * np.eye(dimension, dtype=np.float32)
    build.constant("regularised_gramian", parameters.gramian.astype(np.float32) + ridge)
    build.constant("eye", np.eye(dimension, dtype=np.float32))
    build.constant("tiny", np.float32(_TINY).reshape(()))
    weighted = build.add("Mul", history, build.add("Unsqueeze", weight, "axis1"))
    transposed = build.add("Transpose", weighted, perm=[1, 0])
    system = build.add("Add", build.add("MatMul", transposed, history), "regularised_gramian")
    diagonal = build.add("ReduceSum", build.add("Mul", system, "eye"), "axis1", keepdims=1)
    user_side = build.add("ReduceSum", transposed, "axis1", keepdims=1)
    explained = build.add("Transpose", "explain_embeddings", perm=[1, 0])
    right = build.add("Concat", user_side, explained, axis=1)
    return _conjugate_gradients(build, system, diagonal, right)


def _conjugate_gradients(build: _Builder, system: str, diagonal: str, right: str) -> str:
    """Unroll the steps for every column on its own; a column of zeros stays zero."""
    solution = build.add("Sub", right, right)
    residual = right
    preconditioned = build.add("Div", residual, diagonal)
    direction = preconditioned
    product = _column_dots(build, residual, preconditioned)
    for _ in range(CG_STEPS):
        image = build.add("MatMul", system, direction)
        step = _ratio(build, product, _column_dots(build, direction, image))
        solution = build.add("Add", solution, build.add("Mul", step, direction))
        residual = build.add("Sub", residual, build.add("Mul", step, image))
        preconditioned = build.add("Div", residual, diagonal)
        following = _column_dots(build, residual, preconditioned)
        turn = _ratio(build, following, product)
        direction = build.add("Add", preconditioned, build.add("Mul", turn, direction))
        product = following
    return solution


def _column_dots(build: _Builder, left: str, right: str) -> str:
    return build.add("ReduceSum", build.add("Mul", left, right), "zero", keepdims=1)


def _ratio(build: _Builder, above: str, below: str) -> str:
    return build.add("Div", above, build.add("Max", below, "tiny"))


def _scores(build: _Builder) -> None:
    candidates = build.add("Cast", "candidate_embeddings", to=_FLOAT)
    # The scale of a title multiplies its one score, not its D coordinates.
    raw = build.add("MatMul", "user_embedding", candidates)
    build.add("Add", build.add("Mul", raw, "candidate_scale"), "candidate_bias", output="scores")


def _segments(build: _Builder, parameters: FoldinParameters) -> None:
    centroids = parameters.centroids.astype(np.float32) / np.float32(parameters.temperature)
    build.constant("centroids", centroids)
    build.constant("unit_guard", np.float32(UNIT_GUARD).reshape(()))
    norm = build.add("ReduceL2", "user_embedding", axes=[0], keepdims=1)
    unit = build.add("Div", "user_embedding", build.add("Max", norm, "unit_guard"))
    logits = build.add("MatMul", "centroids", unit)
    build.add("Softmax", logits, output="segment_probabilities", axis=0)


def _contributions(build: _Builder, solution: str, history: str, weight: str) -> None:
    build.constant("all", np.array([np.iinfo(np.int64).max], dtype=np.int64))
    build.constant("minus_one", np.array([-1], dtype=np.int64))
    inverse = build.add("Slice", solution, "one", "all", "axis1")
    similarity = build.add(
        "MatMul",
        build.add("Transpose", inverse, perm=[1, 0]),
        build.add("Transpose", history, perm=[1, 0]),
    )
    padded = build.add("Mul", similarity, weight)
    build.add("Slice", padded, "zero", "minus_one", "axis1", output="contributions")
