"""ModelStops and TaskStops: the kill switch. It stops models and report tasks, and starts nothing.

Both are the same for every box, so that the silence of a box tells nothing about its household.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.messages.codec import Message, decode
from edgeagent.messages.fields import Sha256, TaskName

__all__ = [
    "MOST_STOPS",
    "STOPS_CAP_BYTES",
    "ModelStops",
    "TaskStops",
    "decode_model_stops",
    "decode_task_stops",
]

MOST_STOPS = 64
"""Years of mistakes: there are four models and four tasks a year."""
STOPS_CAP_BYTES = 8192
"""64 hashes in quotes take 4.3 KB."""


class ModelStops(Message, frozen=True, kw_only=True):
    """The models that no box may use; where nothing is stopped, the target is not there."""

    models: Annotated[tuple[Sha256, ...], Meta(min_length=1, max_length=MOST_STOPS)]
    """SHA-256 of each model's ONNX file, in order."""

    def __post_init__(self) -> None:
        """Raise for an order other than the sorted one, and for duplicates."""
        _require_sorted(self.models)


class TaskStops(Message, frozen=True, kw_only=True):
    """The report tasks for which no box draws or sends."""

    tasks: Annotated[tuple[TaskName, ...], Meta(min_length=1, max_length=MOST_STOPS)]
    """Names as in reports, in order."""

    def __post_init__(self) -> None:
        """Raise for an order other than the sorted one, and for duplicates."""
        _require_sorted(self.tasks)


def decode_model_stops(data: bytes) -> ModelStops:
    """Decode the stopped models (canonical).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, ModelStops, cap_bytes=STOPS_CAP_BYTES, canonical=True)


def decode_task_stops(data: bytes) -> TaskStops:
    """Decode the stopped tasks (canonical).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, TaskStops, cap_bytes=STOPS_CAP_BYTES, canonical=True)


def _require_sorted(names: tuple[str, ...]) -> None:
    # Equal sets have equal bytes.
    if list(names) != sorted(set(names)):
        message = "not in order, or named twice"
        raise ValueError(message)
