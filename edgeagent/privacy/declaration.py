"""The machine-readable declaration of everything that leaves a box, ``privacy.json``.

Tests compare it with the encoder of reports and with the headers on the wire, and fail if only one
of them changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeagent.messages.codec import Message, decode

__all__ = ["Declaration", "DeclaredField", "DeclaredHeader", "DeclaredRequest", "load_declaration"]

_CAP_BYTES = 64 * 1024


class DeclaredHeader(Message, frozen=True, kw_only=True):
    """One header of a request."""

    name: str
    value: str | None
    """The value, the same on every box; ``None`` for the address of the server."""
    varies: str = ""
    """In which way the value may be another one; the one given is an example then."""


class DeclaredField(Message, frozen=True, kw_only=True):
    """One field of a body."""

    name: str
    holds: str
    purpose: str
    from_history: bool
    """Whether it depends on what was watched."""
    schema: dict[str, Any]
    """JSON Schema of its values."""


class DeclaredRequest(Message, frozen=True, kw_only=True):
    """One kind of request."""

    name: str
    method: str
    path: str
    purpose: str
    basis: str
    retention: str
    body_bytes: int
    headers: tuple[DeclaredHeader, ...]
    """All headers, in order."""
    fields: tuple[DeclaredField, ...]
    """All fields of its body."""


class Declaration(Message, frozen=True, kw_only=True):
    """Everything that leaves."""

    version: int
    requests: tuple[DeclaredRequest, ...]
    visible_to_the_receiver_besides: tuple[str, ...]


def load_declaration() -> Declaration:
    """Read ``privacy.json``."""
    data = Path(__file__).with_name("privacy.json").read_bytes()
    return decode(data, Declaration, cap_bytes=_CAP_BYTES)
