from __future__ import annotations

from contextlib import suppress

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.scoring.onnx_header import read_onnx_header
from tests.scoring.toy_model import toy_model


@given(
    st.integers(0, 2**31),
    st.lists(st.tuples(st.text(max_size=20), st.integers(1, 2**40)), max_size=4),
)
def test_it_reads_what_onnx_wrote(ir_version: int, opsets: list[tuple[str, int]]) -> None:
    model = onnx.load_from_string(toy_model())
    model.ir_version = ir_version
    del model.opset_import[:]
    for domain, version in opsets:
        model.opset_import.add(domain=domain, version=version)
    header = read_onnx_header(model.SerializeToString())
    assert header.ir_version == ir_version
    assert header.opsets == tuple(opsets)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        assert read_onnx_header(data).ir_version >= 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08" + b"\x80" * 11, "does not end"),
        (b"\x42\x7f", "longer than the file"),
        (b"\x0b", "wire type 3"),
        (b"\x42\x02\x08\x05", "opset_import is malformed"),
    ],
)
def test_malformed_bytes(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_onnx_header(data)


def test_fixed_width_fields_are_skipped() -> None:
    fixed = b"\x99\x06" + bytes(8) + b"\x9d\x06" + bytes(4)
    assert read_onnx_header(fixed + b"\x08\x07").ir_version == 7
