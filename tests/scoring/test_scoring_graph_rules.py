from __future__ import annotations

from collections import defaultdict

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.errors import ModelRefused
from edgeagent.scoring.graph_rules import OPERATORS, require_plain_graph
from edgeagent.scoring.protobuf import FieldRefused, NotProtobuf
from edgeagent.scoring.session import OnnxModel
from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.files import _STEPS
from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.timescales_graph import build_timescales_graph
from tests.model_export.heads.blend_cases import blend_parameters
from tests.model_export.heads.foldin_cases import foldin_parameters
from tests.model_export.heads.timescales_cases import timescales_parameters
from tests.scoring.hostile_model import Mischief, hostile_model
from tests.scoring.make_model_vectors import bad_models, programs
from tests.scoring.test_scoring_session import EMPTY
from tests.scoring.toy_model import toy_model

EXPORTED = (
    build_foldin_graph(foldin_parameters(dimension=256, segments=64), steps=_STEPS[-1]),
    build_timescales_graph(timescales_parameters(dimension=256, segments=64, hidden=256)),
    build_blend_graph(blend_parameters(dimension=256, segments=64, hidden=256)),
)
GOOD = toy_model()


def test_the_list_is_what_the_exporters_write() -> None:
    written: defaultdict[str, set[str]] = defaultdict(set)
    for data in EXPORTED:
        for node in onnx.load_from_string(data).graph.node:
            written[node.op_type] |= {attribute.name for attribute in node.attribute}
    assert written == OPERATORS


@pytest.mark.parametrize("data", EXPORTED)
def test_the_largest_models_that_the_exporters_write_are_taken(data: bytes) -> None:
    facts = OnnxModel(data, rules=require_plain_graph).facts
    assert (facts.d, facts.s) == (256, 64)


@pytest.mark.parametrize("name", programs())
def test_a_graph_that_is_more_than_data_is_refused_by_the_rules(name: str) -> None:
    data, reason = bad_models()[name]
    with pytest.raises(FieldRefused) as refused:
        require_plain_graph(data)
    assert reason in str(refused.value)


@pytest.mark.parametrize("mischief", ["loop", "allocate", "fail"])
def test_what_an_attack_lays_down_the_rules_for_is_refused_with_them(mischief: Mischief) -> None:
    data = hostile_model(mischief)
    honest = OnnxModel(data, rules=lambda _: None).run(EMPTY)
    assert honest.user_embedding.tolist() == [0.0] * 4
    with pytest.raises(ModelRefused, match=r"operator '(Relu|Loop|Expand)'"):
        OnnxModel(data)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_for_a_reason(data: bytes) -> None:
    with pytest.raises((NotProtobuf, FieldRefused)):
        require_plain_graph(data)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_changed_byte_lets_nothing_in_that_the_onnx_package_sees_otherwise(
    place: int, byte: int
) -> None:
    data = GOOD[:place] + bytes((byte,)) + GOOD[place + 1 :]
    try:
        require_plain_graph(data)
    except (NotProtobuf, FieldRefused):
        return
    model = onnx.load_from_string(data)
    assert not model.functions
    assert not model.training_info
    assert {node.op_type for node in model.graph.node} <= set(OPERATORS)
    assert not any(node.domain for node in model.graph.node)
    assert not any(attribute.g.node for node in model.graph.node for attribute in node.attribute)
    assert all(
        np.prod(tensor.dims) * {1: 4, 7: 8}[tensor.data_type] == len(tensor.raw_data)
        for tensor in model.graph.initializer
    )


@given(st.integers(0, len(GOOD) - 1))
def test_a_file_cut_short_is_no_model(length: int) -> None:
    with pytest.raises((NotProtobuf, FieldRefused)):
        require_plain_graph(GOOD[:length])


GRAPH = b"\x08\x08\x42\x02\x10\x11\x3a"
"""IR 8, opset 17, and the key of a graph."""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08" + b"\x80" * 11, "a number does not end"),
        (b"\x08" + b"\xff" * 9 + b"\x7f", "a number is longer than 64 bits"),
        (b"\x42\x7f", "a field is longer than the file"),
        (b"\x0d\0", "a field is longer than the file"),
        (b"\x0b", "wire type 3 does not exist"),
        (b"\x0a\x00", "the model: ir_version has wire type 2"),
        (b"\x09" + bytes(8), "the model: ir_version has wire type 1"),
        (b"\x42\x03\x0a\x01\xff", "domain is not UTF-8"),
        (GRAPH + b"\x03\x08\x01\x12", "the graph: node has wire type 0"),
    ],
)
def test_malformed_bytes(data: bytes, reason: str) -> None:
    with pytest.raises(NotProtobuf, match=reason):
        require_plain_graph(data)


def _million(part: bytes) -> bytes:
    return part * (1_000_000 // len(part))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08\x07\x08\x08", "the model holds more than 1 of ir_version"),
        (b"\x32\x00", "the model holds field 6, which is not accepted"),
        (_million(b"\x42\x00"), "the model holds more than 8 of opset_import"),
        (b"\x08\x08\x42\x02\x10\x12", "IR 8 with operator sets"),
    ],
)
def test_more_than_there_may_be(data: bytes, reason: str) -> None:
    with pytest.raises(FieldRefused, match=reason):
        require_plain_graph(data)


def test_a_node_with_a_million_inputs_is_named_by_its_place() -> None:
    model = onnx.load_from_string(GOOD)
    model.graph.node[3].input.extend(["sum"] * 20)
    with pytest.raises(FieldRefused, match="node 3 holds more than 8 of input"):
        require_plain_graph(model.SerializeToString())
