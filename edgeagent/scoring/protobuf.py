"""A strict reader of Protocol Buffers messages: an unexpected field refuses the message.

The usual protobuf library skips unknown fields, merges repeated ones, and needs the onnx package
(15 MB) for the fields of a model. To judge a file before the runtime reads it nothing may be
skipped, so the few rules of https://protobuf.dev/programming-guides/encoding are implemented here.
Nothing is copied, and every length is checked against the bytes present.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Field", "FieldRefused", "NotProtobuf", "ProtobufMessage"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPES = {"number": _VARINT, "bytes": _BYTES}
_MAX_VARINT_BYTES = 10  # 64 bits in groups of 7
_LARGEST = 2**64 - 1


class NotProtobuf(ValueError):
    """The bytes are not a message, or are truncated."""


class FieldRefused(ValueError):
    """A message contains a field that it must not contain."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a message may contain, or one that is listed only to name it in the error."""

    name: str
    kind: Literal["number", "bytes", "refused"]
    most: int = 1
    """How often it may occur. (A list of a million entries takes 200 MB.)"""


class ProtobufMessage:
    """The fields of one message."""

    def __init__(
        self, data: bytes | memoryview, fields: Mapping[int, Field], *, called: str
    ) -> None:
        """Read all fields.

        Args:
            data: the message.
            fields: by number, every field that it may contain.
            called: its name in error messages.

        Raises:
            NotProtobuf: the bytes are not a message, or a field has another wire type.
            FieldRefused: it contains another field, or one more often than allowed.

        """
        self._numbers: dict[str, list[int]] = {}
        self._parts: dict[str, list[memoryview]] = {}
        for number, wire, value in _fields(memoryview(data)):
            field = fields.get(number)
            if field is None or field.kind == "refused":
                name = f"field {number}" if field is None else field.name
                raise FieldRefused(f"{called} holds {name}, which is not accepted")
            if wire != _WIRE_TYPES[field.kind]:
                raise NotProtobuf(f"{called}: {field.name} has wire type {wire}")
            numbers = self._numbers.setdefault(field.name, [])
            parts = self._parts.setdefault(field.name, [])
            if len(numbers) + len(parts) == field.most:
                raise FieldRefused(f"{called} holds more than {field.most} of {field.name}")
            if isinstance(value, int):
                numbers.append(value)
            else:
                parts.append(value)

    def number(self, name: str) -> int:
        """Return a number; 0 if it is absent."""
        return next(iter(self.numbers(name)), 0)

    def numbers(self, name: str) -> list[int]:
        """Return a repeated number."""
        return self._numbers.get(name, [])

    def part(self, name: str) -> memoryview:
        """Return bytes, or a message; empty if it is absent."""
        return next(iter(self.parts(name)), memoryview(b""))

    def parts(self, name: str) -> list[memoryview]:
        """Return repeated bytes, or repeated messages."""
        return self._parts.get(name, [])

    def text(self, name: str) -> str:
        """Return a text; empty if it is absent.

        Raises:
            NotProtobuf: it is not UTF-8.

        """
        try:
            return str(self.part(name), "utf-8")
        except UnicodeDecodeError as error:
            raise NotProtobuf(f"{name} is not UTF-8") from error


def _fields(view: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Yield (number, wire type, value) of each field."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(view, at)
            yield number, wire, value
            continue
        if wire == _BYTES:
            length, at = _varint(view, at)
        elif wire in {_FIXED64, _FIXED32}:
            length = 8 if wire == _FIXED64 else 4
        else:
            raise NotProtobuf(f"wire type {wire} does not exist")
        if length > len(view) - at:
            raise NotProtobuf("a field is longer than the file")
        yield number, wire, view[at : at + length]
        at += length


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(view[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004  (the top bit is set if more bytes follow)
            if value > _LARGEST:
                raise NotProtobuf("a number is longer than 64 bits")
            return value, at + place + 1
    raise NotProtobuf("a number does not end")
