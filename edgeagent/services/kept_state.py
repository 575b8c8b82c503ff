"""State of a service that is replaced as a whole: read at any time, decided where it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.store import LedgerStore

__all__ = ["KeptState"]

S = TypeVar("S", bound=Message)


class KeptState(Generic[S]):
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
        """

        def decided(data: bytes | None) -> bytes:
            return canonical_bytes(decide(self._decoded(data)))

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
