"""Strict decoding and canonical encoding of everything that crosses a process border.

JSON messages are frozen :class:`msgspec.Struct` types: unknown and missing fields, wrong types and
values out of range are refused with the path of the field. Canonical bytes are UTF-8 JSON with
sorted keys and no white space, so that equal values have equal bytes and equal hashes.
"""

from __future__ import annotations

import hashlib
from typing import Any, Self, TypeVar

import msgspec

from edgeagent.errors import MalformedMessage

__all__ = [
    "KeptMessage",
    "Message",
    "Shape",
    "canonical_bytes",
    "checked",
    "checked_text",
    "decode",
    "sha256_hex",
]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all JSON messages: frozen, keyword-only, closed."""


class KeptMessage(Message, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Base of what a box keeps for itself: a later version, rolled back since, may know more."""


class Shape(Message, frozen=True, kw_only=True, rename="camel"):
    """Base of what our own API takes and gives: camelCase, closed."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return a value of ours under these names, checked: its attributes fill the fields."""
        return msgspec.convert(value, cls, from_attributes=True)


M = TypeVar("M")


def canonical_bytes(message: object) -> bytes:
    """Encode a message with sorted keys and no white space."""
    return msgspec.json.encode(message, order="sorted")


def decode(data: bytes, kind: type[M], *, cap_bytes: int, canonical: bool = False) -> M:
    """Decode ``data`` as ``kind``.

    Args:
        data: UTF-8 JSON.
        kind: the message type.
        cap_bytes: longest accepted input, checked before anything is parsed.
        canonical: also refuse bytes that differ from the canonical encoding, which rules out
            duplicate keys and other spellings of the same value.

    Raises:
        MalformedMessage: with the path of the field at fault.

    """
    name = kind.__name__
    if len(data) > cap_bytes:
        raise MalformedMessage(
            f"{name}: {len(data)} bytes, at most {cap_bytes} are accepted",
            hint="the sender is not speaking our protocol, or the file is not this message",
        )
    try:
        message = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(
            f"{name}: {error}", hint="compare it with the message's type in edgeagent/messages"
        ) from error
    if canonical and canonical_bytes(message) != data:
        raise MalformedMessage(
            f"{name}: not in canonical form",
            hint="sort the keys, leave out white space, name no key twice",
        )
    return message


def checked(message: M) -> M:
    """Return ``message`` after the checks that decoding would have made.

    A struct built by hand skips the constraints of its fields; doors that accept structs from
    callers pass them through here.

    Raises:
        MalformedMessage: with the path of the field at fault.

    """
    try:
        sound = msgspec.convert(msgspec.to_builtins(message), type(message))
        msgspec.json.encode(sound)  # text from a command line may hold what UTF-8 cannot
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise MalformedMessage(
            f"{type(message).__name__}: {error}", hint="correct that field and send it again"
        ) from error
    return sound


def checked_text(text: str, kind: Any, *, name: str) -> str:  # noqa: ANN401  (an annotated str)
    """Return ``text`` after the checks of a field of that kind; ``name`` says what it is.

    Raises:
        MalformedMessage: it is no such text.

    """
    try:
        sound: str = msgspec.convert(text, kind)
        sound.encode()
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise MalformedMessage(
            f"{text!r} is no {name}: {error}", hint="printable characters, at least one"
        ) from error
    return sound


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()
