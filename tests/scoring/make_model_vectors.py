"""Write tests/vectors/model_*: models a box takes, and models it refuses, each with its reason.

    PYTHONPATH=. python tests/scoring/make_model_vectors.py

All are variations of the toy model (tests/scoring/toy_model.py) with its catalogue and its golden
vectors; a port to another language must refuse the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from tests.scoring.toy_model import FACTS, INPUTS, OUTPUTS, D, toy_catalogue, toy_golden, toy_model

VECTORS = Path(__file__).parents[1] / "vectors"
_GRAPH_FIELD = b"\x3a"  # ModelProto.graph: field 7, length-delimited
_TEN_GIGABYTES = bytes((0x80, 0x80, 0x80, 0x80, 0x28))  # 10 * 2^30 as a varint


def bad_models() -> dict[str, tuple[bytes, str]]:
    """Return the bytes of each bad model and a part of the reason it is refused for."""
    good = toy_model()
    without_age = {name: spec for name, spec in INPUTS.items() if name != "history_age_days"}
    return {
        "space": (
            toy_model(facts=FACTS | {"space_id": "f" * 16}),
            "model of space ffffffffffffffff, catalogue of space 0123456789abcdef",
        ),
        "opset": (toy_model(opset=18), "this agent runs IR 8 with opset 17 alone"),
        "ir_version": (toy_model(ir_version=9), "this agent runs IR 8 with opset 17 alone"),
        "domain": (toy_model(domain="com.example"), "this agent runs IR 8 with opset 17 alone"),
        "shape": (
            toy_model(inputs=INPUTS | {"explain_embeddings": (TensorProto.FLOAT, ["K", "E"])}),
            "input explain_embeddings is",
        ),
        "dtype": (
            toy_model(inputs=INPUTS | {"candidate_embeddings": (TensorProto.UINT8, [D, "N"])}),
            "input candidate_embeddings is",
        ),
        "input": (toy_model(inputs=without_age), "input history_age_days is absent"),
        "output": (
            toy_model(outputs={k: v for k, v in OUTPUTS.items() if k != "contributions"}),
            "output contributions is absent",
        ),
        "dimensions": (toy_model(facts=FACTS | {"d": "5"}), "the contract says"),
        "head": (
            toy_model(facts=FACTS | {"head": "timescales"}),
            "head: the model says timescales, its manifest says foldin",
        ),
        "segments": (
            toy_model(
                facts=FACTS | {"s": "6"},
                outputs=OUTPUTS | {"segment_probabilities": (TensorProto.FLOAT, [6])},
            ),
            "segments: the model says 6, its manifest says 7",
        ),
        "contract": (toy_model(facts=FACTS | {"contract": "2"}), "tensor contract 2"),
        "metadata": (toy_model(facts={}), "metadata"),
        "nan_weights": (toy_model(factor=float("nan")), "an output is not a number"),
        "golden": (toy_model(factor=1.001), "golden case 0"),
        "ten_gigabytes": (
            good[:2] + _GRAPH_FIELD + _TEN_GIGABYTES + good[2:],
            "a field is longer than the file",
        ),
        "truncated": (good[:-20], "not an ONNX file"),
        "text": (b"<html>503 Service Unavailable</html>", "not an ONNX file"),
        **programs(),
    }


def programs() -> dict[str, tuple[bytes, str]]:
    """Return the bytes of models that are more than data, or larger than they may be."""
    unwritten = "which is not accepted"
    return {
        **{
            operator.lower(): (
                _toy_with(partial(_add_node, operator=operator)),
                f"operator '{operator}' (node 'odd') is not one of those a model may use",
            )
            for operator in ("Loop", "If", "Scan", "NonZero", "Expand", "RandomNormal")
        },
        "subgraph": (
            _toy_with(partial(_add_node, operator="Neg", body=onnx.GraphProto(name="inner"))),
            f"operator 'Neg' (node 'odd') holds a subgraph, {unwritten}",
        ),
        "node_domain": (
            _toy_with(partial(_add_node, operator="Neg", domain="com.example")),
            "operator 'Neg' (node 'odd') is not one of those a model may use",
        ),
        "attribute": (
            _toy_with(partial(_add_node, operator="Neg", stash_type=1)),
            "operator 'Neg' (node 'odd') has attribute 'stash_type'",
        ),
        "cast_to_integer": (
            _toy_with(partial(_add_node, operator="Cast", to=TensorProto.INT64)),
            "operator 'Cast' (node 'odd') makes other numbers than float32",
        ),
        "function": (_toy_with(_add_function), f"the model holds functions, {unwritten}"),
        "training": (
            _toy_with(lambda model: model.training_info.add()),
            f"the model holds training_info, {unwritten}",
        ),
        "second_graph": (
            toy_model() + _GRAPH_FIELD + b"\0",
            "the model holds more than 1 of graph",
        ),
        "external_data": (_toy_with(_put_outside), f"constant 0 holds external_data, {unwritten}"),
        "sparse_constant": (
            _toy_with(lambda model: model.graph.sparse_initializer.add()),
            f"the graph holds sparse_initializer, {unwritten}",
        ),
        "constant_of_strings": (
            _toy_with(lambda model: setattr(model.graph.initializer[0], "data_type", 8)),
            "constant 'one' is of data type 8",
        ),
        "large_constant": (
            _toy_with(lambda model: model.graph.initializer[3].dims.append(2**30)),
            "constant 'factor' is of shape [1073741824]: at most 524288 numbers",
        ),
        "hollow_constant": (
            _toy_with(lambda model: model.graph.initializer[3].dims.append(1000)),
            "constant 'factor' holds more or less than its shape [1000] says",
        ),
        "large_axis": (
            toy_model(outputs=OUTPUTS | {"user_embedding": (TensorProto.FLOAT, [2**40])}),
            "value 'user_embedding' has an axis of 1099511627776",
        ),
        "many_nodes": (_toy_with(_add_many_nodes), "the graph holds more than 1200 of node"),
    }


def _toy_with(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_from_string(toy_model())
    change(model)
    return bytes(model.SerializeToString(deterministic=True))


def _add_node(model: onnx.ModelProto, *, operator: str, **attributes: object) -> None:
    node = helper.make_node(operator, ["sum"], ["odd"], name="odd", **attributes)
    model.graph.node.append(node)


def _add_function(model: onnx.ModelProto) -> None:
    model.functions.add(name="anything", domain="com.example")


def _put_outside(model: onnx.ModelProto) -> None:
    constant = model.graph.initializer[0]
    constant.ClearField("raw_data")
    constant.external_data.add(key="location", value="../../ledger.db")
    constant.data_location = TensorProto.EXTERNAL


def _add_many_nodes(model: onnx.ModelProto) -> None:
    for number in range(1200):
        model.graph.node.append(helper.make_node("Neg", ["sum"], [f"n{number}"]))


def main() -> None:
    """Write the vectors."""
    VECTORS.joinpath("model_good.onnx").write_bytes(toy_model())
    VECTORS.joinpath("model_good.catalogue").write_bytes(toy_catalogue())
    Path(toy_golden(VECTORS)).rename(VECTORS / "model_good.golden.npz")
    reasons = {}
    for name, (data, reason) in bad_models().items():
        VECTORS.joinpath(f"model_bad_{name}.onnx").write_bytes(data)
        reasons[f"model_bad_{name}.onnx"] = reason
    text = json.dumps({"about": _ABOUT, "bad": reasons}, indent=1, sort_keys=True)
    VECTORS.joinpath("model_bad.json").write_text(text + "\n", encoding="utf-8")


_ABOUT = (
    "Each bad model, published with model_good.catalogue and model_good.golden.npz as head "
    "foldin of space 0123456789abcdef, 4 dimensions and 7 segments, is refused; the reason given "
    "holds this text. model_good.onnx is accepted."
)

if __name__ == "__main__":
    main()
