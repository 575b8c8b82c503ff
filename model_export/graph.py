"""Head A ``foldin`` as an ONNX graph under tensor contract 1 (opset 17, IR 8).

A direct solve is not among ONNX's operators, so the graph solves by conjugate gradients, unrolled
(Hestenes and Stiefel 1952; Shewchuk 1994, section B3), preconditioned with the inverse of what no
history changes, G + λI: what remains is the identity plus the history's own part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edgeagent.errors import InputError
from model_export.reference import UNIT_GUARD, FoldinParameters

__all__ = ["build_foldin_graph"]

_OPSET, _IR_VERSION = 17, 8
_TINY = 1e-30
"""Smallest divisor: without history every dot product is 0, and 0 / 1e-30 is 0."""
_FLOAT, _INT8 = TensorProto.FLOAT, TensorProto.INT8


def build_foldin_graph(parameters: FoldinParameters, *, steps: int = 16) -> bytes:
    """Build, check and serialise the model; equal arguments give equal bytes.

    Args:
        parameters: what it holds.
        steps: of conjugate gradients. On trained models 500 viewings of α = 40 at λ = 0.1 are the
            worst: 8 steps leave 1 %, 12 leave 7e-4, 16 leave 5e-5. The exporter takes more where
            golden vectors ask for it.

    Raises:
        InputError: a parameter out of range.

    """
    _check(parameters)
    dimension, segments = len(parameters.gram), len(parameters.centroids)
    graph = _Graph()
    _weights(graph, parameters)
    system = _System(graph, parameters, steps=steps)
    graph.add("Squeeze", system.solve("weighted_sum", "user"), "axis_1", to="user_embedding")
    _scores(graph)
    _segments(graph, parameters)
    _contributions(graph, system)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "foldin",
            [
                helper.make_tensor_value_info("history_embeddings", _FLOAT, ["L", dimension]),
                helper.make_tensor_value_info("history_weights", _FLOAT, ["L"]),
                helper.make_tensor_value_info("history_age_days", _FLOAT, ["L"]),
                helper.make_tensor_value_info("candidate_embeddings", _INT8, [dimension, "N"]),
                helper.make_tensor_value_info("candidate_scale", _FLOAT, ["N"]),
                helper.make_tensor_value_info("candidate_bias", _FLOAT, ["N"]),
                helper.make_tensor_value_info("explain_embeddings", _FLOAT, ["K", dimension]),
            ],
            [
                helper.make_tensor_value_info("user_embedding", _FLOAT, [dimension]),
                helper.make_tensor_value_info("scores", _FLOAT, ["N"]),
                helper.make_tensor_value_info("segment_probabilities", _FLOAT, [segments]),
                helper.make_tensor_value_info("contributions", _FLOAT, ["K", "L"]),
            ],
            initializer=graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="model-export",
    )
    helper.set_model_props(model, _metadata(parameters))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and constants in the order they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for axis in (0, 1):
            axes = np.array([axis], dtype=np.int64)
            self.constants.append(numpy_helper.from_array(axes, f"axis_{axis}"))

    def constant(self, name: str, value: NDArray[np.float64] | float) -> None:
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))

    def add(self, operator: str, *inputs: str, to: str, **attributes: int | Sequence[int]) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [to], name=to, **attributes))
        return to

    def to_float(self, name: str, *, to: str) -> str:
        self.nodes.append(helper.make_node("Cast", [name], [to], name=to, to=_FLOAT))
        return to


class _System:
    """A = G + λI + Σ w y yᵀ, applied without being formed; solves for columns [D, C]."""

    def __init__(self, graph: _Graph, parameters: FoldinParameters, *, steps: int) -> None:
        self._graph = graph
        self._steps = steps
        fixed = parameters.gram + parameters.regularization * np.eye(len(parameters.gram))
        graph.constant("fixed", fixed)
        graph.constant("fixed_inverse", np.linalg.inv(fixed).astype(np.float64))
        graph.constant("tiny", _TINY)

    def solve(self, right: str, name: str) -> str:
        """Return the name of X [D, C] with A X = ``right``, each column on its own."""
        add = self._graph.add
        residual = right
        towards = add("MatMul", "fixed_inverse", residual, to=f"{name}.z.0")
        direction = towards
        size = self._dot(residual, towards, f"{name}.rz.0")
        answer = ""
        for step in range(self._steps):
            image = self._apply(direction, f"{name}.ap.{step}")
            bend = self._dot(direction, image, f"{name}.pap.{step}")
            length = self._ratio(size, bend, f"{name}.length.{step}")
            move = add("Mul", direction, length, to=f"{name}.move.{step}")
            answer = add("Add", answer, move, to=f"{name}.x.{step}") if answer else move
            if step == self._steps - 1:
                break
            change = add("Mul", image, length, to=f"{name}.change.{step}")
            residual = add("Sub", residual, change, to=f"{name}.r.{step + 1}")
            towards = add("MatMul", "fixed_inverse", residual, to=f"{name}.z.{step + 1}")
            smaller = self._dot(residual, towards, f"{name}.rz.{step + 1}")
            keep = self._ratio(smaller, size, f"{name}.keep.{step}")
            kept = add("Mul", direction, keep, to=f"{name}.kept.{step}")
            direction = add("Add", towards, kept, to=f"{name}.p.{step + 1}")
            size = smaller
        return answer

    def _apply(self, vector: str, name: str) -> str:
        add = self._graph.add
        seen = add("MatMul", "history_embeddings", vector, to=f"{name}.seen")
        back = add("MatMul", "weighted_transposed", seen, to=f"{name}.back")
        still = add("MatMul", "fixed", vector, to=f"{name}.still")
        return add("Add", still, back, to=name)

    def _dot(self, left: str, right: str, name: str) -> str:
        product = self._graph.add("Mul", left, right, to=f"{name}.product")
        return self._graph.add("ReduceSum", product, "axis_0", to=name, keepdims=1)

    def _ratio(self, above: str, below: str, name: str) -> str:
        guarded = self._graph.add("Max", below, "tiny", to=f"{name}.guarded")
        return self._graph.add("Div", above, guarded, to=name)


def _weights(graph: _Graph, parameters: FoldinParameters) -> None:
    """Add w [L], w y [L, D] and Σ w y [D, 1]."""
    graph.constant("decay_rate", -1.0 / parameters.decay_days)
    graph.constant("floor", parameters.floor)
    graph.constant("alpha", parameters.alpha)
    graph.add("Mul", "history_age_days", "decay_rate", to="age")
    graph.add("Exp", "age", to="fading")
    graph.add("Max", "fading", "floor", to="recency")
    graph.add("Mul", "history_weights", "recency", to="recent_weights")
    graph.add("Mul", "recent_weights", "alpha", to="weights")
    graph.add("Unsqueeze", "weights", "axis_1", to="weight_column")
    graph.add("Mul", "history_embeddings", "weight_column", to="weighted")
    graph.add("Transpose", "weighted", to="weighted_transposed", perm=[1, 0])
    graph.add("ReduceSum", "weighted_transposed", "axis_1", to="weighted_sum", keepdims=1)


def _scores(graph: _Graph) -> None:
    """Add the scores [N]: the scale is taken outside the product, so no second copy is made."""
    graph.to_float("candidate_embeddings", to="candidate_rows")
    graph.add("MatMul", "user_embedding", "candidate_rows", to="unscaled_scores")
    graph.add("Mul", "unscaled_scores", "candidate_scale", to="personal_scores")
    graph.add("Add", "personal_scores", "candidate_bias", to="scores")


def _segments(graph: _Graph, parameters: FoldinParameters) -> None:
    """Add softmax(unit(u) · centroids / T) [S]."""
    graph.constant("centroids", parameters.centroids)
    graph.constant("temperature", parameters.temperature)
    graph.constant("unit_guard", UNIT_GUARD)
    graph.add("ReduceL2", "user_embedding", to="user_length", axes=[0], keepdims=1)
    graph.add("Max", "user_length", "unit_guard", to="guarded_length")
    graph.add("Div", "user_embedding", "guarded_length", to="unit_user")
    graph.add("MatMul", "centroids", "unit_user", to="likeness")
    graph.add("Div", "likeness", "temperature", to="logits")
    graph.add("Softmax", "logits", to="segment_probabilities", axis=0)


def _contributions(graph: _Graph, system: _System) -> None:
    """Add w_i · y_cᵀ A⁻¹ y_i [K, L]."""
    graph.add("Transpose", "explain_embeddings", to="explain_columns", perm=[1, 0])
    solved = system.solve("explain_columns", "explain")
    graph.add("Transpose", solved, to="explain_rows", perm=[1, 0])
    graph.add("MatMul", "explain_rows", "weighted_transposed", to="contributions")


def _metadata(parameters: FoldinParameters) -> dict[str, str]:
    return {
        "contract": "1",
        "head": "foldin",
        "space_id": parameters.space_id,
        "model_version": parameters.model_version,
        "d": str(len(parameters.gram)),
        "s": str(len(parameters.centroids)),
    }


def _check(parameters: FoldinParameters) -> None:
    dimension = len(parameters.gram)
    positive = ("regularization", "alpha", "decay_days", "temperature")
    wrong = [name for name in positive if not 0 < getattr(parameters, name) < np.inf]
    if not 0 <= parameters.floor <= 1:
        wrong.append("floor")
    if parameters.gram.shape != (dimension, dimension) or not np.isfinite(parameters.gram).all():
        wrong.append("gram")
    lengths = np.linalg.norm(parameters.centroids, axis=-1)
    if parameters.centroids.shape[1:] != (dimension,) or not np.allclose(lengths, 1.0, atol=1e-3):
        wrong.append("centroids")
    if wrong:
        raise InputError(
            f"fold-in: {', '.join(wrong)} out of range",
            hint="train again; λ, α, τ and T are positive, floor is 0-1, centroids are unit rows",
        )
