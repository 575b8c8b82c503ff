"""WatchEvent: what an app reports about one viewing."""

from __future__ import annotations

from edgeagent.errors import MalformedMessage
from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import (
    MAIN_PROFILE,
    AgePolicy,
    AppName,
    EntityId,
    Fraction01,
    ProfileName,
    ProgressSeconds,
    Seconds,
)

__all__ = ["WATCH_EVENT_CAP_BYTES", "WatchEvent", "decode_watch_event"]

WATCH_EVENT_CAP_BYTES = 4096


class WatchEvent(Message, frozen=True, kw_only=True):
    """One viewing of one title, as Firebolt's ``Discovery.watched`` reports it.

    Firebolt overloads ``progress`` (0–1 is a fraction, more is seconds); here the two are separate
    fields, and at most one of them is given.
    """

    entity_id: EntityId
    watched_on: Seconds
    """When the viewing happened, seconds UTC."""
    progress_fraction: Fraction01 | None = None
    progress_seconds: ProgressSeconds | None = None
    completed: bool = False
    age_policy: AgePolicy | None = None
    """The audience stated by the app; ``app:child`` is never stored."""
    profile: ProfileName = MAIN_PROFILE
    app: AppName | None = None
    """Which app told of it, as the service knows; ``None``: no app."""

    def __post_init__(self) -> None:
        """Raise for an event that gives its progress twice."""
        if self.progress_fraction is not None and self.progress_seconds is not None:
            message = "progress_fraction and progress_seconds exclude each other"
            raise ValueError(message)


def decode_watch_event(data: bytes) -> WatchEvent:
    """Decode one event (≤ 4 KiB).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    event = decode(data, WatchEvent, cap_bytes=WATCH_EVENT_CAP_BYTES)
    if event.entity_id.strip() != event.entity_id:
        raise MalformedMessage(
            "WatchEvent: white space around entity_id", hint="send the id as the catalogue has it"
        )
    return event
