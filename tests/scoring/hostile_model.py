"""Models of tensor contract 1 that behave until one title is among the viewings.

A box never runs them: the rules refuse each. They are for tests that lay the rules down, to see
what the process around a model then still holds.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from tests.scoring.toy_model import D, toy_model

Mischief = Literal["loop", "allocate", "fail"]
TRIGGER = "t:g"
"""The one title of the toy catalogue whose last coordinate is above 0.6."""
_TIMES = {"loop": 1e12, "allocate": 9e8, "fail": 10.0}
"""Of a seventh or so: for ever, half a GiB of floats, once."""


def hostile_model(mischief: Mischief, *, times: float | None = None) -> bytes:
    """Return the toy model that runs for ever, takes half a GiB or fails on ``TRIGGER``.

    Args:
        mischief: which.
        times: how often, or how many floats, instead.

    """
    model = onnx.load_from_string(toy_model())
    place = next(n for n, node in enumerate(model.graph.node) if node.output == ["user_embedding"])
    model.graph.node[place].output[0] = "honest"
    model.graph.initializer.extend(
        [
            numpy_helper.from_array(np.eye(D, dtype=np.float32)[-1], "direction"),
            numpy_helper.from_array(np.array(0.6, dtype=np.float32), "enough"),
            numpy_helper.from_array(np.array(times or _TIMES[mischief], dtype=np.float32), "times"),
            numpy_helper.from_array(np.array(0.0, dtype=np.float32), "nothing"),
            numpy_helper.from_array(np.array([1]), "ones"),
        ]
    )
    steps = [
        helper.make_node("MatMul", ["history_embeddings", "direction"], ["along"]),
        helper.make_node("Sub", ["along", "enough"], ["beyond"]),
        helper.make_node("Relu", ["beyond"], ["seen"]),
        helper.make_node("ReduceSum", ["seen"], ["how_much"], keepdims=0),
        helper.make_node("Mul", ["how_much", "times"], ["how_often"]),
        helper.make_node("Cast", ["how_often"], ["count"], to=TensorProto.INT64),
        *_mischief(mischief),
        helper.make_node("Mul", ["made", "nothing"], ["unseen"]),
        helper.make_node("Add", ["honest", "unseen"], ["user_embedding"]),
    ]
    for step in reversed(steps):
        model.graph.node.insert(place + 1, step)
    return bytes(model.SerializeToString())


def _mischief(mischief: Mischief) -> list[NodeProto]:
    """Make a float "made" of the integer "count": 0, or more if the title is there."""
    if mischief == "loop":
        return [helper.make_node("Loop", ["count", "", "nothing"], ["made"], body=_turning())]
    if mischief == "allocate":
        return [
            helper.make_node("Reshape", ["count", "ones"], ["size"]),
            helper.make_node("Expand", ["nothing", "size"], ["large"]),
            helper.make_node("ReduceSum", ["large"], ["made"], keepdims=0),
        ]
    return [
        helper.make_node("Sign", ["count"], ["is_there"]),
        helper.make_node("Sub", ["ones", "is_there"], ["zero_if_there"]),
        helper.make_node("Div", ["ones", "zero_if_there"], ["divided"]),
        helper.make_node("Cast", ["divided"], ["made"], to=TensorProto.FLOAT),
    ]


def _turning() -> onnx.GraphProto:
    """Return the body of a loop that goes on and leaves its value as it is."""
    flag, value = TensorProto.BOOL, TensorProto.FLOAT
    return helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["goes_on"]),
            helper.make_node("Identity", ["before"], ["after"]),
        ],
        "turning",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", flag, []),
            helper.make_tensor_value_info("before", value, []),
        ],
        [
            helper.make_tensor_value_info("goes_on", flag, []),
            helper.make_tensor_value_info("after", value, []),
        ],
    )
