"""Who listens to what, and how each is told: as Firebolt's older SDKs expect it, or the newer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgeagent.api.transport.jsonrpc import Id, notification, result_answer

__all__ = ["Listener", "Subscriptions"]


@dataclass(kw_only=True, eq=False)
class Listener:
    """One connection that listens."""

    send: Callable[[bytes], None]
    """Queues a message; closes a connection that does not read."""
    version: int
    listening: dict[str, Id] = field(default_factory=dict)
    """By event: the id of the request that began it, which older SDKs see again in each event."""

    def listen(self, event: str, request_id: Id, *, on: bool) -> dict[str, object]:
        """Begin or end, and return the answer that SDKs expect."""
        if on:
            self.listening[event] = request_id
        else:
            self.listening.pop(event, None)
        return {"event": event, "listening": on}

    def notify(self, event: str, value: object) -> None:
        """Send an event, if it is listened to."""
        if event not in self.listening:
            return
        if self.version == 1:
            self.send(result_answer(self.listening[event], value))
        else:
            self.send(notification(event, {"value": value}))


class Subscriptions:
    """All listeners."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._listeners: set[Listener] = set()

    def add(self, listener: Listener) -> None:
        """A connection has come."""
        self._listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        """A connection has gone."""
        self._listeners.discard(listener)

    def publish(self, event: str, value: object) -> None:
        """Tell everyone who listens."""
        for listener in tuple(self._listeners):
            listener.notify(event, value)
