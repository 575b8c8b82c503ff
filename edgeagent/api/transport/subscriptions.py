"""Subscriptions to events, in the form of Firebolt's older SDKs or of RPCv2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgeagent.api.transport.jsonrpc import Id, notification, result_answer

__all__ = ["Listener", "Subscriptions"]


@dataclass(kw_only=True, eq=False)
class Listener:
    """The subscriptions of one connection."""

    send: Callable[[bytes], None]
    """Queues a message; disconnects a client whose queue is full."""
    version: int
    listening: dict[str, Id] = field(default_factory=dict)
    """By event: the id of the request that subscribed, which each event repeats for older SDKs."""

    def listen(self, event: str, request_id: Id, *, on: bool) -> dict[str, object]:
        """Subscribe or unsubscribe, and return the answer that older SDKs expect."""
        if on:
            self.listening[event] = request_id
        else:
            self.listening.pop(event, None)
        return {"event": event, "listening": on}

    def notify(self, event: str, value: object) -> None:
        """Send an event, if this connection has subscribed to it."""
        if event not in self.listening:
            return
        if self.version == 1:
            self.send(result_answer(self.listening[event], value))
        else:
            self.send(notification(event, {"value": value}))


class Subscriptions:
    """The subscriptions of all connections."""

    def __init__(self) -> None:
        """Begin without any."""
        self._listeners: set[Listener] = set()

    def add(self, listener: Listener) -> None:
        """Include a connection."""
        self._listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        """Forget a connection."""
        self._listeners.discard(listener)

    def publish(self, event: str, value: object) -> None:
        """Send an event to every connection that has subscribed to it."""
        for listener in tuple(self._listeners):
            listener.notify(event, value)
