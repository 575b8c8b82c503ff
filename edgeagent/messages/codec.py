"""Strict decoding and canonical encoding of all messages between processes.

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
    """Base of state that a box stores: a later version may have added fields before a roll-back."""


class Shape(Message, frozen=True, kw_only=True, rename="camel"):
    """Base of the parameters and results of our own API: camelCase, closed."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the message whose fields have the values of ``value``'s attributes, validated."""
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
        cap_bytes: the longest accepted input, checked before anything is parsed.
        canonical: also refuse bytes that differ from the canonical encoding, which excludes
            duplicate keys and other spellings of the same value.

    Raises:
        MalformedMessage: the message has the path of the field at fault.

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
            hint="sort the keys, omit white space and duplicate keys",
        )
    return message


def checked(message: M) -> M:
    """Return ``message`` after the same validation as in decoding.

    A struct built in Python is not validated by msgspec; public functions that take structs from
    callers call this.

    Raises:
        MalformedMessage: the message has the path of the field at fault.

    """
    try:
        sound = msgspec.convert(msgspec.to_builtins(message), type(message))
        msgspec.json.encode(sound)  # text from a command line may hold lone surrogates
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise MalformedMessage(
            f"{type(message).__name__}: {error}", hint="correct that field and send it again"
        ) from error
    return sound


def checked_text(text: str, kind: Any, *, name: str, allowed: str) -> str:  # noqa: ANN401  (an annotated str)
    """Return ``text`` after the validation of that field type.

    Args:
        text: of a caller.
        kind: an annotated str.
        name: what the text is, for errors.
        allowed: what that field type takes, in words.

    Raises:
        MalformedMessage: it is not valid.

    """
    try:
        sound: str = msgspec.convert(text, kind)
        sound.encode()
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise MalformedMessage(f"{text!r} is not a valid {name}: {error}", hint=allowed) from error
    return sound


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()
