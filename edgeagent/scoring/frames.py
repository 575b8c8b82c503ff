"""What the parent and the scoring child say to each other: frames over two pipes.

A frame is four bytes, its length as a big-endian integer, and so many bytes of JSON: a
:class:`ScoringCall` to the child, an :class:`ScoringAnswer` back, in turns.
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
"""A window of 500 viewings is 60 KB; the sessions of a busy year are 10 MB."""
ANSWER_CAP_BYTES = 64 * 1024 * 1024
"""Ten picks with 500 reasons each are 1 MB."""
_LENGTH = struct.Struct(">I")

M = TypeVar("M", bound=Message)


class PipeClosed(Exception):
    """The other side has ended, stands still, or does not speak in frames."""


class StandsStill(PipeClosed):
    """The other side is there, and has done nothing for as long as it may."""


class VerifyRequest(Message, frozen=True, kw_only=True):
    """Check a downloaded model."""

    files: ModelFiles
    golden_path: str
    claims: ModelClaims


class ScoringCall(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One question; exactly one field is set."""

    rank: RankRequest | None = None
    split: SplitRequest | None = None
    segment: SegmentRequest | None = None
    verify: VerifyRequest | None = None
    trial: TrialRequest | None = None

    def __post_init__(self) -> None:
        """Refuse none and several."""
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
        message: what to say.
        cap_bytes: longest body the other side accepts.
        timeout_seconds: how long the other side may accept nothing; ``None`` waits for ever.

    Raises:
        MalformedMessage: the message holds a lone surrogate or is longer than ``cap_bytes``;
            nothing was written.
        PipeClosed: the other side has ended.
        StandsStill: it does not read.

    """
    try:
        body = msgspec.json.encode(message)
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
        kind: what is expected.
        cap_bytes: longest accepted body, checked before it is read.
        timeout_seconds: how long nothing may come; ``None`` waits for ever.

    Raises:
        MalformedMessage: a whole frame that is not what was expected, with the field at fault.
        PipeClosed: the other side has ended, or sends no frames.
        StandsStill: it says nothing.

    """
    (length,) = _LENGTH.unpack(_read_exactly(descriptor, _LENGTH.size, timeout_seconds))
    if length > cap_bytes:
        raise PipeClosed(f"a frame of {length} bytes")
    body = _read_exactly(descriptor, length, timeout_seconds)
    try:
        return msgspec.json.decode(body, type=kind)
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
