"""What an ONNX file says of its format, read without the onnx package.

ONNX Runtime does not tell which operator set a model was written for, and the box does not carry
the onnx package (15 MB) to ask. Both facts are top-level fields of ``ModelProto``
(onnx/onnx.proto: 1 = ir_version, 8 = opset_import, of domain 1 and version 2); the encoding is that
of https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["OnnxHeader", "read_onnx_header"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxHeader:
    """Format version and operator sets of a model."""

    ir_version: int
    opsets: tuple[tuple[str, int], ...]
    """(domain, version); the standard domain is the empty string."""


def read_onnx_header(data: bytes) -> OnnxHeader:
    """Read the header.

    Raises:
        ValueError: the bytes are no protobuf message.

    """
    ir_version = 0
    opsets = []
    for field, value in _fields(data):
        if field == 1 and isinstance(value, int):
            ir_version = value
        elif field == 8 and isinstance(value, memoryview):  # noqa: PLR2004  (see the docstring)
            opset = dict(_fields(value))
            domain, version = opset.get(1, b""), opset.get(2, 0)
            if isinstance(domain, int) or not isinstance(version, int):
                raise ValueError("opset_import is malformed")
            opsets.append((bytes(domain).decode(), version))
    return OnnxHeader(ir_version=ir_version, opsets=tuple(opsets))


def _fields(data: bytes | memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (field number, value) of each field; fixed-width values are skipped."""
    view, at = memoryview(data), 0
    while at < len(view):
        key, at = _varint(view, at)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(view, at)
            yield field, value
        elif wire == _BYTES:
            length, at = _varint(view, at)
            if length > len(view) - at:
                raise ValueError("a field is longer than the file")
            yield field, view[at : at + length]
            at += length
        elif wire in {_FIXED64, _FIXED32}:
            at += 8 if wire == _FIXED64 else 4
        else:
            message = f"wire type {wire} does not exist"
            raise ValueError(message)


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(view[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004  (the top bit says whether more follows)
            return value, at + place + 1
    raise ValueError("a number does not end")
