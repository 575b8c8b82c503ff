from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from edgeagent.errors import EdgeAgentError, ModelError, ModelRefused
from edgeagent.messages import (
    ModelClaims,
    ModelFiles,
    PackedViewings,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
)
from edgeagent.scoring.confinement import OUT_OF_MEMORY_EXIT
from edgeagent.scoring.frames import (
    PipeClosed,
    ScoringAnswer,
    ScoringCall,
    VerifyRequest,
    read_frame,
    write_frame,
)
from edgeagent.scoring.protocol import OutOfMemory
from edgeagent.scoring.serving import serve
from tests.scoring.toy_model import CLAIMS

FILES = ModelFiles(
    model_path="m", model_sha256="0" * 64, catalogue_path="c", catalogue_sha256="0" * 64
)
RANK = ScoringCall(rank=RankRequest(files=FILES, now=0, history=PackedViewings()))
SPLIT = ScoringCall(split=SplitRequest(files=FILES, profiles=((),)))
SEGMENT = ScoringCall(segment=SegmentRequest(files=FILES, sessions=()))
TRIAL = ScoringCall(trial=TrialRequest(files=FILES, profiles=((),)))
VERIFY = ScoringCall(verify=VerifyRequest(files=FILES, golden_path="g", claims=CLAIMS))
PICKS = Picks(picks=(), segment_probabilities=(1.0,), score_spread=0.0)


class FakeScorer:
    """A scorer that returns the given answer, or raises the given error."""

    def __init__(self, error: Exception | None = None, *, answer: Picks = PICKS) -> None:
        self._error = error
        self._picks = answer
        self.verified: list[tuple[ModelFiles, str, ModelClaims]] = []

    def rank(self, request: RankRequest) -> Picks:
        del request
        self._fail()
        return self._picks

    def split(self, request: SplitRequest) -> SplitAnswer:
        return SplitAnswer(sessions=request.profiles)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        self._fail()
        count = len(request.sessions)
        return SegmentAnswer(segments=(3,) * count, started_on=(0,) * count)

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        self._fail()
        self.verified.append((files, golden_path, claims))

    def trial(self, request: TrialRequest) -> TrialAnswer:
        self._fail()
        return TrialAnswer(gains=(1.0,) * len(request.profiles))

    def close(self) -> None:
        pass

    def _fail(self) -> None:
        if self._error is not None:
            raise self._error


class Pipes:
    """Both pipes of a child, with room for a small conversation."""

    def __init__(self) -> None:
        self.calls, self.ask_on = os.pipe()
        self.answer_on, self.answers = os.pipe()[::-1]

    def ask(self, *calls: ScoringCall) -> None:
        for call in calls:
            write_frame(self.ask_on, call, cap_bytes=10_000, timeout_seconds=1.0)

    def answer(self) -> ScoringAnswer:
        return read_frame(self.answers, ScoringAnswer, cap_bytes=10_000, timeout_seconds=0.0)


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    pipes = Pipes()
    yield pipes
    for descriptor in {pipes.calls, pipes.ask_on, pipes.answer_on, pipes.answers}:
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test closed it


def test_calls_are_answered_in_turn_until_none_comes(pipes: Pipes) -> None:
    scorer = FakeScorer()
    pipes.ask(RANK, SPLIT, SEGMENT, VERIFY, TRIAL)
    serve(pipes.calls, pipes.answer_on, scorer=scorer, idle_seconds=0.0)
    assert pipes.answer() == ScoringAnswer(picks=PICKS)
    assert pipes.answer() == ScoringAnswer(split=SplitAnswer(sessions=((),)))
    assert pipes.answer() == ScoringAnswer(segments=SegmentAnswer(segments=(), started_on=()))
    assert pipes.answer() == ScoringAnswer(verified=True)
    assert pipes.answer() == ScoringAnswer(trial=TrialAnswer(gains=(1.0,)))
    assert scorer.verified == [(FILES, "g", CLAIMS)]


def test_it_ends_when_its_input_closes(pipes: Pipes) -> None:
    pipes.ask(RANK)
    os.close(pipes.ask_on)
    serve(pipes.calls, pipes.answer_on, scorer=FakeScorer(), idle_seconds=3600.0)
    assert pipes.answer() == ScoringAnswer(picks=PICKS)


def test_it_ends_when_nobody_listens(pipes: Pipes) -> None:
    pipes.ask(RANK, RANK)
    os.close(pipes.answers)
    serve(pipes.calls, pipes.answer_on, scorer=FakeScorer(), idle_seconds=0.0)
    assert read_frame(pipes.calls, ScoringCall, cap_bytes=10_000, timeout_seconds=0.0) == RANK


def test_a_call_it_does_not_understand_is_answered_with_an_error(pipes: Pipes) -> None:
    os.write(pipes.ask_on, b"\x00\x00\x00\x08\x81\xa5erase\x80")
    pipes.ask(RANK)
    serve(pipes.calls, pipes.answer_on, scorer=FakeScorer(), idle_seconds=0.0)
    failure = pipes.answer().failure
    assert failure is not None
    assert failure.error == "MalformedMessage"
    assert "erase" in failure.message
    assert pipes.answer() == ScoringAnswer(picks=PICKS)


def test_it_ends_on_bytes_that_are_no_frames(pipes: Pipes) -> None:
    os.write(pipes.ask_on, b"GET / HTTP/1.1")
    serve(pipes.calls, pipes.answer_on, scorer=FakeScorer(), idle_seconds=0.0)
    with pytest.raises(PipeClosed):
        pipes.answer()


@pytest.mark.parametrize("call", [RANK, SEGMENT, VERIFY, TRIAL])
def test_an_error_is_an_answer(pipes: Pipes, call: ScoringCall) -> None:
    scorer = FakeScorer(ModelRefused("altered", hint="again"))
    pipes.ask(call)
    serve(pipes.calls, pipes.answer_on, scorer=scorer, idle_seconds=0.0)
    failure = pipes.answer().failure
    assert failure is not None
    assert (failure.error, failure.message, failure.hint) == ("ModelRefused", "altered", "again")


def test_a_foreign_error_is_named_but_never_quoted(pipes: Pipes) -> None:
    pipes.ask(RANK)
    scorer = FakeScorer(KeyError("The title they watched"))
    serve(pipes.calls, pipes.answer_on, scorer=scorer, idle_seconds=0.0)
    failure = pipes.answer().failure
    assert failure is not None
    error = failure.exception(otherwise=ModelError)
    assert isinstance(error, EdgeAgentError)
    assert str(error) == "scoring failed: KeyError"


@pytest.mark.parametrize("error", [MemoryError(), OutOfMemory("too much")])
def test_it_ends_when_memory_does_with_a_code_that_says_so(pipes: Pipes, error: Exception) -> None:
    pipes.ask(RANK, RANK)
    with pytest.raises(SystemExit) as ended:
        serve(pipes.calls, pipes.answer_on, scorer=FakeScorer(error), idle_seconds=0.0)
    assert ended.value.code == OUT_OF_MEMORY_EXIT
    with pytest.raises(PipeClosed):
        pipes.answer()


def test_an_answer_that_cannot_be_sent_is_an_error(pipes: Pipes) -> None:
    pipes.ask(RANK)
    unspeakable = Picks(picks=(), segment_probabilities=(0.0,) * (17 << 20), score_spread=0.0)
    serve(pipes.calls, pipes.answer_on, scorer=FakeScorer(answer=unspeakable), idle_seconds=0.0)
    failure = pipes.answer().failure
    assert failure is not None
    assert failure.error == "MalformedMessage"
