"""The protocol between the parent and the scoring child: frames over two pipes.

A frame is a four-byte big-endian length followed by that many bytes of MessagePack: a
:class:`ScoringCall` to the child, then a :class:`ScoringAnswer` back.
"""

from __future__ import annotations

import os
import select
import struct
from typing import TypeVar

import msgspec

from edgeagent.errors import EdgeAgentError, MalformedMessage
from edgeagent.messages import (
    Failure,
    Message,
    ModelClaims,
    ModelFiles,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
)

__all__ = [
    "ANSWER_CAP_BYTES",
    "CALL_CAP_BYTES",
    "PipeClosed",
    "ScoringAnswer",
    "ScoringCall",
    "StandsStill",
    "VerifyRequest",
    "failure_of",
    "read_frame",
    "write_frame",
]

CALL_CAP_BYTES = 16 * 1024 * 1024
"""The sessions of a busy year are 10 MB."""
ANSWER_CAP_BYTES = 64 * 1024 * 1024
"""Ten picks with 500 reasons each are 1 MB."""
_LENGTH = struct.Struct(">I")

M = TypeVar("M", bound=Message)


class PipeClosed(Exception):
    """The peer has ended, does not respond, or does not send frames."""


class StandsStill(PipeClosed):
    """The peer is running, but did nothing until the timeout."""


class VerifyRequest(Message, frozen=True, kw_only=True):
    """Check a downloaded model."""

    files: ModelFiles
    golden_path: str
    claims: ModelClaims


class ScoringCall(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One request; exactly one field is set."""

    rank: RankRequest | None = None
    split: SplitRequest | None = None
    segment: SegmentRequest | None = None
    verify: VerifyRequest | None = None
    trial: TrialRequest | None = None

    def __post_init__(self) -> None:
        """Raise unless exactly one field is set."""
        parts = (self.rank, self.split, self.segment, self.verify, self.trial)
        if sum(part is not None for part in parts) != 1:
            raise ValueError("a call asks exactly one question")


class ScoringAnswer(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One answer; exactly one field is set."""

    picks: Picks | None = None
    split: SplitAnswer | None = None
    segments: SegmentAnswer | None = None
    verified: bool | None = None
    trial: TrialAnswer | None = None
    failure: Failure | None = None


def failure_of(error: EdgeAgentError) -> ScoringAnswer:
    """Return the answer that carries an error."""
    return ScoringAnswer(failure=Failure.of(error))


def write_frame(
    descriptor: int,
    message: ScoringCall | ScoringAnswer,
    *,
    cap_bytes: int,
    timeout_seconds: float | None,
) -> None:
    """Write one frame.

    Args:
        descriptor: a pipe; non-blocking if ``timeout_seconds`` is given.
        message: the message to send.
        cap_bytes: the longest body that the peer accepts.
        timeout_seconds: how long the peer may accept no bytes; ``None`` waits for ever.

    Raises:
        MalformedMessage: the message contains a lone surrogate or exceeds ``cap_bytes``; nothing
            was written.
        PipeClosed: the peer has ended.
        StandsStill: it does not read until the timeout.

    """
    try:
        body = msgspec.msgpack.encode(message)
    except UnicodeEncodeError as error:
        raise MalformedMessage(
            f"{type(message).__name__}: a text is not Unicode",
            hint="keep models in a directory whose name is UTF-8",
        ) from error
    if len(body) > cap_bytes:
        raise MalformedMessage(
            f"{type(message).__name__}: {len(body)} bytes, at most {cap_bytes} are accepted",
            hint="ask for fewer picks or fewer sessions at a time",
        )
    rest = memoryview(_LENGTH.pack(len(body)) + body)
    while rest:
        if not select.select([], [descriptor], [], timeout_seconds)[1]:
            raise StandsStill("the other side does not read")
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BrokenPipeError as error:
            raise PipeClosed("the other side has ended") from error


def read_frame(
    descriptor: int,
    kind: type[M],
    *,
    cap_bytes: int,
    timeout_seconds: float | None,
) -> M:
    """Read one frame.

    Args:
        descriptor: a pipe.
        kind: the expected type.
        cap_bytes: the longest accepted body, checked before it is read.
        timeout_seconds: how long no bytes may arrive; ``None`` waits for ever.

    Raises:
        MalformedMessage: a complete frame of another type; the message names the field at fault.
        PipeClosed: the peer has ended, or does not send frames.
        StandsStill: it sends nothing until the timeout.

    """
    (length,) = _LENGTH.unpack(_read_exactly(descriptor, _LENGTH.size, timeout_seconds))
    if length > cap_bytes:
        raise PipeClosed(f"a frame of {length} bytes")
    body = _read_exactly(descriptor, length, timeout_seconds)
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(
            f"{kind.__name__}: {error}", hint="correct that field and send it again"
        ) from error


def _read_exactly(descriptor: int, count: int, timeout_seconds: float | None) -> bytes:
    data = bytearray()
    while len(data) < count:
        if not select.select([descriptor], [], [], timeout_seconds)[0]:
            raise StandsStill("the other side says nothing")
        chunk = os.read(descriptor, min(count - len(data), 1 << 20))
        if not chunk:
            raise PipeClosed("the other side has ended")
        data += chunk
    return bytes(data)
