"""State of a service that is replaced as a whole: read at any time, decided where it is written.

Fields that a later version has added are not understood, and are kept: firmware rolls back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from edgeagent.messages.codec import KeptMessage, canonical_bytes, checked, decode
from edgeagent.store import LedgerStore

__all__ = ["StateStore"]

S = TypeVar("S", bound=KeptMessage)


class StateStore(Generic[S]):
    """One message that the ledger database keeps under a name."""

    def __init__(self, ledger: LedgerStore, name: str, kind: type[S], *, cap_bytes: int) -> None:
        """Keep a message of ``kind`` under ``name``; a new one until the first change."""
        self._ledger = ledger
        self._name = name
        self._kind = kind
        self._cap_bytes = cap_bytes
        self._read: tuple[bytes | None, S] = (None, kind())
        """What was read last: some states are asked for with every viewing, and rarely change."""

    def load(self) -> S:
        """Return the present state."""
        return self._decoded(self._ledger.state(self._name))

    def change(self, decide: Callable[[S], S]) -> S:
        """Replace the state by what ``decide`` makes of it, durably, and return the new one.

        Reading, deciding and writing are one transaction: what was decided cannot take back what
        another process has written in between. An error of ``decide`` changes nothing.

        Raises:
            MalformedMessage: what was decided could not be read again.

        """

        def decided(data: bytes | None) -> bytes:
            decided_on = checked(decide(self._decoded(data)))
            return canonical_bytes(_with_fields_of_later(data, decided_on))

        return self._decoded(self._ledger.change_state(self._name, decided))

    def update(self, **changes: object) -> S:
        """Replace some fields, whatever the others are."""
        return self.change(lambda now: msgspec.structs.replace(now, **changes))

    def _decoded(self, data: bytes | None) -> S:
        if data is None:
            return self._kind()
        read, state = self._read
        if data != read:
            state = decode(data, self._kind, cap_bytes=self._cap_bytes)
            self._read = (data, state)
        return state


def _with_fields_of_later(data: bytes | None, state: KeptMessage) -> object:
    """Return ``state`` as plain values, with the fields of ``data`` that it does not know."""
    known = msgspec.to_builtins(state)
    return known if data is None else _merged(msgspec.json.decode(data), known, state)


def _merged(stored: dict[str, Any], known: dict[str, Any], state: KeptMessage) -> dict[str, Any]:
    merged = {name: value for name, value in stored.items() if name not in known} | known
    for name, value in known.items():
        part = getattr(state, name)
        if isinstance(part, KeptMessage) and isinstance(stored.get(name), dict):
            merged[name] = _merged(stored[name], value, part)
    return merged
