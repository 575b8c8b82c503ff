"""What the graphs of all heads share: tensor contract 1 as an ONNX file (opset 17, IR 8).

A head computes ``user_embedding`` and ``contributions``; scores, segments, the named inputs and
outputs and what the file says of itself are the same for each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edgeagent.errors import InputError

__all__ = [
    "UNIT_GUARD",
    "ContractGraph",
    "Described",
    "GraphPart",
    "described_graph",
    "wrong_centroids",
]

UNIT_GUARD = 1e-6
"""Shortest length a user is divided by: a household without history stays the zero vector."""

_OPSET, _IR_VERSION = 17, 8
_FLOAT, _INT8 = TensorProto.FLOAT, TensorProto.INT8


class Described(Protocol):
    """The parameters that every head has, among others."""

    @property
    def centroids(self) -> NDArray[np.float64]:
        """[S, D] unit vectors."""
        ...

    @property
    def temperature(self) -> float:
        """T > 0 of the softmax over segments."""
        ...

    @property
    def space_id(self) -> str:
        """Of the embeddings it reads."""
        ...

    @property
    def model_version(self) -> str:
        """As published."""
        ...


class ContractGraph:
    """Nodes and constants in the order they are added."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def axes(self) -> None:
        """Add ``axis_0`` and ``axis_1``."""
        for axis in (0, 1):
            self.integers(f"axis_{axis}", [axis])

    def constant(self, name: str, value: NDArray[np.float64] | float) -> None:
        """Add a float32 constant."""
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))

    def integers(self, name: str, value: Sequence[int] | int) -> None:
        """Add an int64 constant: axes and shapes."""
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=np.int64), name))

    def add(self, operator: str, *inputs: str, to: str, **attributes: int | Sequence[int]) -> str:
        """Add a node with one output, named like it."""
        self.nodes.append(helper.make_node(operator, list(inputs), [to], name=to, **attributes))
        return to

    def finished(self, head: str, described: Described) -> bytes:
        """Add scores and segments to what there is, check, and serialise.

        Equal graphs give equal bytes.
        """
        self._scores()
        self._segments(described)
        segments, dimension = described.centroids.shape
        model = helper.make_model(
            helper.make_graph(
                self.nodes,
                head,
                _inputs(dimension),
                _outputs(dimension, segments),
                initializer=self.constants,
            ),
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="model-export",
        )
        metadata = {
            "contract": "1",
            "head": head,
            "space_id": described.space_id,
            "model_version": described.model_version,
            "d": str(dimension),
            "s": str(segments),
        }
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))

    def _scores(self) -> None:
        """Add the scores [N]: the scale is taken outside the product, so no copy is made."""
        cast = ["candidate_embeddings"], ["candidate_rows"]
        self.nodes.append(helper.make_node("Cast", *cast, name="candidate_rows", to=_FLOAT))
        self.add("MatMul", "user_embedding", "candidate_rows", to="unscaled_scores")
        self.add("Mul", "unscaled_scores", "candidate_scale", to="personal_scores")
        self.add("Add", "personal_scores", "candidate_bias", to="scores")

    def _segments(self, described: Described) -> None:
        """Add softmax(unit(u) · centroids / T) [S]."""
        self.constant("centroids", described.centroids)
        self.constant("temperature", described.temperature)
        self.constant("unit_guard", UNIT_GUARD)
        self.add("ReduceL2", "user_embedding", to="user_length", axes=[0], keepdims=1)
        self.add("Max", "user_length", "unit_guard", to="guarded_length")
        self.add("Div", "user_embedding", "guarded_length", to="unit_user")
        self.add("MatMul", "centroids", "unit_user", to="likeness")
        self.add("Div", "likeness", "temperature", to="logits")
        self.add("Softmax", "logits", to="segment_probabilities", axis=0)


class GraphPart(ContractGraph):
    """A head within the graph of another: its tensors are named after it."""

    def __init__(self, whole: ContractGraph, name: str, *, shared: Collection[str]) -> None:
        """Add to ``whole``; tensors in ``shared`` are those of the whole."""
        self.nodes, self.constants = whole.nodes, whole.constants
        self._name, self._shared = name, shared

    def constant(self, name: str, value: NDArray[np.float64] | float) -> None:
        """Add a float32 constant."""
        super().constant(self._own(name), value)

    def integers(self, name: str, value: Sequence[int] | int) -> None:
        """Add an int64 constant."""
        super().integers(self._own(name), value)

    def add(self, operator: str, *inputs: str, to: str, **attributes: int | Sequence[int]) -> str:
        """Add a node; returns the name that it has in this part."""
        super().add(operator, *map(self._own, inputs), to=self._own(to), **attributes)
        return to

    def _own(self, name: str) -> str:
        return name if name in self._shared else f"{self._name}.{name}"


def described_graph(data: bytes) -> dict[str, object]:
    """Return what a model file says of itself: metadata, operator set, inputs and outputs.

    Raises:
        InputError: it is no ONNX file.

    """
    try:
        model = onnx.load_from_string(data)
    except Exception as error:  # protobuf's own, of which onnx re-exports none
        raise InputError(
            f"not an ONNX file: {error}", hint="name a file that 'model-export export' wrote"
        ) from error
    return {
        **{prop.key: prop.value for prop in model.metadata_props},
        "opset": model.opset_import[0].version if model.opset_import else None,
        "ir_version": model.ir_version,
        "inputs": {node.name: _tensor(node) for node in model.graph.input},
        "outputs": {node.name: _tensor(node) for node in model.graph.output},
        "bytes": len(data),
    }


def wrong_centroids(centroids: NDArray[np.float64], *, dimension: int) -> bool:
    """Whether ``centroids`` are anything but unit rows [S, D]."""
    lengths = np.linalg.norm(centroids, axis=-1)
    return centroids.shape[1:] != (dimension,) or not np.allclose(lengths, 1.0, atol=1e-3)


def _inputs(dimension: int) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info("history_embeddings", _FLOAT, ["L", dimension]),
        helper.make_tensor_value_info("history_weights", _FLOAT, ["L"]),
        helper.make_tensor_value_info("history_age_days", _FLOAT, ["L"]),
        helper.make_tensor_value_info("candidate_embeddings", _INT8, [dimension, "N"]),
        helper.make_tensor_value_info("candidate_scale", _FLOAT, ["N"]),
        helper.make_tensor_value_info("candidate_bias", _FLOAT, ["N"]),
        helper.make_tensor_value_info("explain_embeddings", _FLOAT, ["K", dimension]),
    ]


def _outputs(dimension: int, segments: int) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info("user_embedding", _FLOAT, [dimension]),
        helper.make_tensor_value_info("scores", _FLOAT, ["N"]),
        helper.make_tensor_value_info("segment_probabilities", _FLOAT, [segments]),
        helper.make_tensor_value_info("contributions", _FLOAT, ["K", "L"]),
    ]


def _tensor(node: onnx.ValueInfoProto) -> str:
    """Return type and shape, such as ``float32 [L, 128]``."""
    tensor = node.type.tensor_type
    sizes = [size.dim_param or str(size.dim_value) for size in tensor.shape.dim]
    return f"{helper.tensor_dtype_to_np_dtype(tensor.elem_type)} [{', '.join(sizes)}]"
