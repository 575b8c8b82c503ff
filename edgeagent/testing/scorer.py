"""Scorers that need no model."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from edgeagent.errors import ModelError
from edgeagent.messages import (
    ModelClaims,
    ModelFiles,
    Pick,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
    canonical_bytes,
    sha256_hex,
)
from edgeagent.sessions import session_start, split_sessions

__all__ = ["DigestScorer", "TableScorer", "segment_answer"]

_NO_FILES = ModelFiles(
    model_path="", model_sha256="0" * 64, catalogue_path="", catalogue_sha256="0" * 64
)


class TableScorer:
    """Answers every request from fixed values and counts how often it was asked."""

    def __init__(self, *, segment: int | None = 0, fails: bool = False) -> None:
        """Give every session ``segment``; ``fails`` makes every run of a model a ModelError."""
        self.segment_id = segment
        self.fails = fails
        self.requests: list[RankRequest | SegmentRequest] = []
        self.verified: list[str] = []
        self.before: Callable[[], object] = lambda: None
        """Called before each answer, as if it happened while the model runs."""

    def rank(self, request: RankRequest) -> Picks:
        """Return one pick that is always the same."""
        self._ask(request)
        pick = Pick(
            entity_id=request.explain or "table:1",
            title="A Table",
            kind="film",
            year=None,
            genres=(),
            score=1.0,
            reasons=(),
        )
        return Picks(picks=(pick,), segment_probabilities=(1.0,), score_spread=1.0)

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split as the engine does where no title's run time is known; runs no model."""
        return _split(request)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Return the same segment for every session."""
        self._ask(request)
        return segment_answer(request, (self.segment_id,) * len(request.sessions))

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Accept every model."""
        del golden_path, claims
        self.verified.append(files.model_sha256)

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Guess nothing, so that no model wins or loses."""
        del request
        return TrialAnswer(gains=())

    def close(self) -> None:
        """Nothing to let go of."""

    def _ask(self, request: RankRequest | SegmentRequest) -> None:
        self.requests.append(request)
        self.before()
        if self.fails:
            raise ModelError("the table is on fire", hint="this is a test")


class DigestScorer:
    """Answers with a digest of all it was told, so that any difference in a request shows."""

    def rank(self, request: RankRequest) -> Picks:
        """Return one pick whose score depends on everything in the request but file paths."""
        number = self._number(request)
        pick = Pick(
            entity_id=request.explain or f"digest:{number}",
            title="A Digest",
            kind="film",
            year=None,
            genres=(),
            score=float(number),
            reasons=(),
        )
        return Picks(picks=(pick,), segment_probabilities=(1.0,), score_spread=1.0)

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split as the engine does where no title's run time is known."""
        return _split(request)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Return one segment for each session, depending on everything in the request."""
        number = self._number(request)
        count = len(request.sessions)
        return segment_answer(request, tuple((number + index) % 32 for index in range(count)))

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Accept every model."""

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Guess nothing, so that no model wins or loses."""
        del request
        return TrialAnswer(gains=())

    def close(self) -> None:
        """Nothing to let go of."""

    def _number(self, request: RankRequest | SegmentRequest) -> int:
        anywhere = msgspec.structs.replace(request, files=_NO_FILES)
        return int(sha256_hex(canonical_bytes(anywhere))[:8], 16)


def segment_answer(request: SegmentRequest, segments: tuple[int | None, ...]) -> SegmentAnswer:
    """Return an answer with the beginnings of sessions where no title's run time is known."""
    starts = (session_start(session, lambda _: None) for session in request.sessions)
    return SegmentAnswer(segments=segments, started_on=tuple(starts))


def _split(request: SplitRequest) -> SplitAnswer:
    return SplitAnswer(
        sessions=tuple(
            session
            for viewings in request.profiles
            for session in split_sessions(viewings, lambda _: None)
        )
    )
