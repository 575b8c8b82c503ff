"""One viewing of a history, without a profile."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.messages.codec import Message
from edgeagent.messages.fields import Fraction01, Seconds

__all__ = ["Viewing"]


class Viewing(Message, frozen=True, kw_only=True, omit_defaults=True, array_like=True, gc=False):
    """One event of the history window, without a profile.

    Encoded as an array, which takes two thirds of the bytes and of the time of an object.
    """

    entity_id: Annotated[str, Meta(max_length=256)]
    """Validated when it was stored, and an invalid id matches no catalogue entry. Validating 500 of
    them again would cost more than all other communication between the two processes."""
    watched_on: Seconds
    progress_fraction: Fraction01 | None = None
    progress_seconds: Annotated[int, Meta(ge=0)] | None = None
    completed: bool = False
