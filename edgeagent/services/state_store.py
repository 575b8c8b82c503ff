"""Small state of a service, replaced as a whole inside one transaction.

Fields that a later version added are kept though not understood, because firmware can be rolled
back to this version and updated again.
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
        """Store a message of ``kind`` under ``name``; its defaults apply until the first change."""
        self._ledger = ledger
        self._name = name
        self._kind = kind
        self._cap_bytes = cap_bytes
        self._read: tuple[bytes | None, S] = (None, kind())
        """Cache of the last read: some states are read with every viewing and rarely change."""

    def load(self) -> S:
        """Return the present state."""
        return self._decoded(self._ledger.state(self._name))

    def change(self, decide: Callable[[S], S]) -> S:
        """Replace the state by ``decide(state)``, durably, and return the new one.

        Reading, deciding and writing are one transaction, so that a change by another process is
        never overwritten unread. An error of ``decide`` changes nothing.

        Raises:
            MalformedMessage: the new state could not be decoded again.

        """

        def decided(data: bytes | None) -> bytes:
            decided_on = checked(decide(self._decoded(data)))
            return canonical_bytes(_with_fields_of_later(data, decided_on))

        return self._decoded(self._ledger.change_state(self._name, decided))

    def update(self, **changes: object) -> S:
        """Replace some fields and keep the others."""
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
    """Return ``state`` as plain values, with the unknown fields of ``data`` added."""
    known = msgspec.to_builtins(state)
    return known if data is None else _merged(msgspec.json.decode(data), known, state)


def _merged(stored: dict[str, Any], known: dict[str, Any], state: KeptMessage) -> dict[str, Any]:
    merged = {name: value for name, value in stored.items() if name not in known} | known
    for name, value in known.items():
        part = getattr(state, name)
        if isinstance(part, KeptMessage) and isinstance(stored.get(name), dict):
            merged[name] = _merged(stored[name], value, part)
    return merged
