from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec
import pytest

from edgeagent.errors import InputError, MalformedMessage, ModelError, ModelRefused
from edgeagent.messages import Failure, SegmentAnswer
from edgeagent.scoring.frames import (
    PipeClosed,
    ScoringAnswer,
    ScoringCall,
    failure_of,
    read_frame,
    write_frame,
)

_ENDLESS = b"\x81\xa8segments\x81\xa8segments\xdd\xff\xff\xff\xff\x01"
"""An array that is said to have 4,294,967,295 elements."""
ANSWER = ScoringAnswer(segments=SegmentAnswer(segments=(1, None), started_on=(5, 0)))


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test closed it


def _read(reader: int, *, cap_bytes: int = 1000) -> ScoringAnswer:
    return read_frame(reader, ScoringAnswer, cap_bytes=cap_bytes, timeout_seconds=0.0)


def test_a_frame_is_its_length_and_messagepack(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    write_frame(writer, ANSWER, cap_bytes=100, timeout_seconds=1.0)
    body = msgspec.msgpack.encode(ANSWER)
    assert os.read(reader, 100) == len(body).to_bytes(4, "big") + body


def test_what_is_written_is_read(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    for answer in (ANSWER, ScoringAnswer(verified=True)):
        write_frame(writer, answer, cap_bytes=100, timeout_seconds=1.0)
    assert _read(reader) == ANSWER
    assert _read(reader) == ScoringAnswer(verified=True)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "says nothing"),
        (b"\x00\x00", "says nothing"),
        (b"\x00\x00\x00\x09{}", "says nothing"),
        (b"\x00\x00\x03\xe9", "a frame of 1001 bytes"),
        (b"Traceback (most recent call last)", "a frame of 1416782179 bytes"),
    ],
)
def test_anything_else_ends_the_conversation(
    pipe: tuple[int, int], data: bytes, reason: str
) -> None:
    reader, writer = pipe
    os.write(writer, data)
    with pytest.raises(PipeClosed, match=reason):
        _read(reader)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\x01\x90",  # an array
        b"\x00\x00\x00\x02\x80\x80",  # more than one message
        b"\x00\x00\x00\x04\x81\xa1a\x01",  # a field that there is not
        b"\x00\x00\x00\x04\x81\xa1\xff\x01",  # a name that is not UTF-8
        b"\x00\x00\x00\x02{}",  # JSON
        pytest.param(
            len(_ENDLESS).to_bytes(4, "big") + _ENDLESS,
            id="endless",
        ),
    ],
)
def test_a_whole_frame_that_is_something_else_is_malformed(
    pipe: tuple[int, int], data: bytes
) -> None:
    reader, writer = pipe
    os.write(writer, data)
    write_frame(writer, ANSWER, cap_bytes=100, timeout_seconds=1.0)
    with pytest.raises(MalformedMessage, match="ScoringAnswer"):
        _read(reader)
    assert _read(reader) == ANSWER


def test_the_end_is_noticed_on_both_sides(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(writer)
    with pytest.raises(PipeClosed, match="has ended"):
        _read(reader)
    other_reader, other_writer = os.pipe()
    os.close(other_reader)
    with pytest.raises(PipeClosed, match="has ended"):
        write_frame(other_writer, ANSWER, cap_bytes=100, timeout_seconds=1.0)
    os.close(other_writer)


def test_one_who_does_not_read_is_not_waited_for(pipe: tuple[int, int]) -> None:
    _, writer = pipe
    long = ScoringAnswer(
        segments=SegmentAnswer(segments=(None,) * 50_000, started_on=(0,) * 50_000)
    )
    with pytest.raises(PipeClosed, match="does not read"):
        write_frame(writer, long, cap_bytes=10**6, timeout_seconds=0.0)


def test_a_message_beyond_the_cap_is_not_sent(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with pytest.raises(MalformedMessage, match="at most 10 are accepted") as refused:
        write_frame(writer, ANSWER, cap_bytes=10, timeout_seconds=1.0)
    assert refused.value.hint
    with pytest.raises(PipeClosed, match="says nothing"):
        _read(reader)


def test_text_that_is_not_unicode_is_refused(pipe: tuple[int, int]) -> None:
    broken = ScoringAnswer(failure=Failure(error="ModelError", message="\udc80", hint=""))
    with pytest.raises(MalformedMessage, match="not Unicode"):
        write_frame(pipe[1], broken, cap_bytes=100, timeout_seconds=1.0)


def test_a_call_asks_exactly_one_question() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        ScoringCall()


@pytest.mark.parametrize("kind", [ModelRefused, MalformedMessage, InputError])
def test_an_error_travels_with_its_type_and_hint(kind: type[InputError | ModelError]) -> None:
    failure = failure_of(kind("what happened", hint="the way out")).failure
    assert failure is not None
    error = failure.exception(otherwise=ModelError)
    assert type(error) is kind
    assert (str(error), error.hint) == ("what happened", "the way out")
