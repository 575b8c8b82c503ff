"""Rules on what a model file may contain, checked before ONNX Runtime parses it.

A model is signed, but it must still not be a program: one that loops or exhausts memory because a
certain title was watched would reveal that through when, or whether, the box sends. So a file may
contain only what our exporters write: their fields of the format (onnx/onnx.proto), their operators
with their attributes, and constants in the file itself. No control flow, no subgraphs, no
functions, no other domain.

Sizes never depend on values. Operators take axes, indices and shapes as integers, and integers come
only from constants or shapes, since ``Cast`` produces only floats. What remains is arithmetic whose
size follows from L, N and K; the limits on the process (``confinement``) bound its cost.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from edgeagent.scoring.protobuf import Field, FieldRefused, ProtobufMessage

__all__ = ["IR_VERSION", "OPERATORS", "OPSET", "Rules", "require_plain_graph"]

OPSET = 17
IR_VERSION = 8
"""Fixed by tensor contract 1; the exporters write these and no others."""
Rules = Callable[[bytes], None]

OPERATORS: dict[str, frozenset[str]] = {
    "Add": frozenset(),
    "Cast": frozenset({"to"}),
    "Concat": frozenset({"axis"}),
    "CumSum": frozenset({"exclusive", "reverse"}),
    "Div": frozenset(),
    "Exp": frozenset(),
    "Gather": frozenset({"axis"}),
    "Gemm": frozenset({"transA", "transB"}),
    "MatMul": frozenset(),
    "Max": frozenset(),
    "Min": frozenset(),
    "Mul": frozenset(),
    "Neg": frozenset(),
    "ReduceL2": frozenset({"axes", "keepdims"}),
    "ReduceSum": frozenset({"keepdims"}),
    "Reshape": frozenset({"allowzero"}),
    "Shape": frozenset({"end", "start"}),
    "Sigmoid": frozenset(),
    "Sign": frozenset(),
    "Slice": frozenset(),
    "Softmax": frozenset({"axis"}),
    "Squeeze": frozenset(),
    "Sub": frozenset(),
    "Transpose": frozenset({"perm"}),
    "Unsqueeze": frozenset(),
}
"""Every operator that our exporters write, with its attributes."""

_FLOAT, _INT64 = 1, 7
_ITEM_BYTES = {_FLOAT: 4, _INT64: 8}
_ITEMS_CAP = {_FLOAT: 1 << 19, _INT64: 8}
"""Floats: half a model file; head foldin has two matrices [D, D]. Integers are axes."""
_NODES_CAP = 1200
"""Head foldin has 1041 at the largest number of steps that the exporter allows, head timescales
185."""
_CONSTANTS_CAP = 64
"""Head timescales has 31."""
_VALUES_CAP = 16
"""The contract names seven inputs and four outputs."""
_SIZE_CAP = 1024
"""The largest D of a manifest; S is smaller."""
_AXES_CAP = 2
_INPUTS_CAP = 8
"""Inputs or attributes of one node; Slice, with four inputs, has the most."""
_NAME_SHOWN = 40


def _number(name: str, *, most: int = 1) -> Field:
    return Field(name, "number", most)


def _bytes(name: str, *, most: int = 1) -> Field:
    return Field(name, "bytes", most)


def _refused(name: str) -> Field:
    return Field(name, "refused")


_MODEL = {
    1: _number("ir_version"),
    2: _bytes("producer_name"),
    7: _bytes("graph"),
    8: _bytes("opset_import", most=_INPUTS_CAP),
    14: _bytes("metadata_props", most=_VALUES_CAP),
    20: _refused("training_info"),
    25: _refused("functions"),
}
_OPERATOR_SET = {1: _bytes("domain"), 2: _number("version")}
_PROPERTY = {1: _bytes("key"), 2: _bytes("value")}
_GRAPH = {
    1: _bytes("node", most=_NODES_CAP),
    2: _bytes("name"),
    5: _bytes("initializer", most=_CONSTANTS_CAP),
    11: _bytes("input", most=_VALUES_CAP),
    12: _bytes("output", most=_VALUES_CAP),
    15: _refused("sparse_initializer"),
}
_NODE = {
    1: _bytes("input", most=_INPUTS_CAP),
    2: _bytes("output", most=_INPUTS_CAP),
    3: _bytes("name"),
    4: _bytes("op_type"),
    5: _bytes("attribute", most=_INPUTS_CAP),
    7: _bytes("domain"),
}
_ATTRIBUTE = {
    1: _bytes("name"),
    3: _number("i"),
    5: _refused("a tensor"),
    6: _refused("a subgraph"),
    8: _number("ints", most=_INPUTS_CAP),
    11: _refused("subgraphs"),
    20: _number("type"),
}
_TENSOR = {
    1: _number("dims", most=_AXES_CAP),
    2: _number("data_type"),
    8: _bytes("name"),
    9: _bytes("raw_data"),
    13: _refused("external_data"),
    14: _refused("data_location"),
}
_VALUE = {1: _bytes("name"), 2: _bytes("type")}
_TYPE = {1: _bytes("tensor_type")}
_TENSOR_TYPE = {1: _number("elem_type"), 2: _bytes("shape")}
_SHAPE = {1: _bytes("dim", most=_AXES_CAP)}
_SIZE = {1: _number("dim_value"), 2: _bytes("dim_param")}


def require_plain_graph(data: bytes) -> None:
    """Raise if a model file contains anything that our exporters do not write.

    Raises:
        NotProtobuf: it is not an ONNX file.
        FieldRefused: it contains something else; the message names operator and node.

    """
    model = ProtobufMessage(data, _MODEL, called="the model")
    _require_version(model)
    for entry in model.parts("metadata_props"):
        ProtobufMessage(entry, _PROPERTY, called="metadata")
    graph = ProtobufMessage(model.part("graph"), _GRAPH, called="the graph")
    for place, node in enumerate(graph.parts("node")):
        _judge_node(ProtobufMessage(node, _NODE, called=f"node {place}"))
    for place, constant in enumerate(graph.parts("initializer")):
        _judge_constant(ProtobufMessage(constant, _TENSOR, called=f"constant {place}"))
    for what in ("input", "output"):
        for value in graph.parts(what):
            _judge_value(value)


def _require_version(model: ProtobufMessage) -> None:
    sets = [
        ProtobufMessage(part, _OPERATOR_SET, called="a set") for part in model.parts("opset_import")
    ]
    versions = [(of.text("domain")[:_NAME_SHOWN], of.number("version")) for of in sets]
    if model.number("ir_version") != IR_VERSION or versions != [("", OPSET)]:
        raise FieldRefused(
            f"IR {model.number('ir_version')} with operator sets {versions}, "
            f"this agent runs IR {IR_VERSION} with opset {OPSET} alone"
        )


def _judge_node(node: ProtobufMessage) -> None:
    operator = node.text("op_type")
    called = f"operator {operator[:_NAME_SHOWN]!r} (node {_name(node)})"
    if operator not in OPERATORS or node.part("domain"):
        raise FieldRefused(f"{called} is not one of those a model may use")
    for part in node.parts("attribute"):
        attribute = ProtobufMessage(part, _ATTRIBUTE, called=called)
        name = attribute.text("name")
        if name not in OPERATORS[operator]:
            raise FieldRefused(f"{called} has attribute {name[:_NAME_SHOWN]!r}")
        # Integers computed from floats could become indices and shapes.
        if operator == "Cast" and attribute.number("i") != _FLOAT:
            raise FieldRefused(f"{called} makes other numbers than float32")


def _judge_constant(tensor: ProtobufMessage) -> None:
    called = f"constant {_name(tensor)}"
    kind, dims = tensor.number("data_type"), tensor.numbers("dims")
    if kind not in _ITEM_BYTES:
        raise FieldRefused(f"{called} is of data type {kind}: float32 and int64 are accepted")
    if max(prod(dims), *dims, 0) > _ITEMS_CAP[kind]:
        raise FieldRefused(
            f"{called} is of shape {dims}: at most {_ITEMS_CAP[kind]} numbers are accepted"
        )
    if len(tensor.part("raw_data")) != prod(dims) * _ITEM_BYTES[kind]:
        raise FieldRefused(f"{called} holds more or less than its shape {dims} says")


def _judge_value(data: memoryview) -> None:
    value = ProtobufMessage(data, _VALUE, called="a value")
    called = f"value {_name(value)}"
    kind = ProtobufMessage(value.part("type"), _TYPE, called=called)
    tensor = ProtobufMessage(kind.part("tensor_type"), _TENSOR_TYPE, called=called)
    shape = ProtobufMessage(tensor.part("shape"), _SHAPE, called=called)
    for part in shape.parts("dim"):
        size = ProtobufMessage(part, _SIZE, called=called).number("dim_value")
        if size > _SIZE_CAP:
            raise FieldRefused(f"{called} has an axis of {size}: at most {_SIZE_CAP} are accepted")


def _name(message: ProtobufMessage) -> str:
    return repr(message.text("name")[:_NAME_SHOWN])
