"""A Scorer that needs no model: picks and segments from a table."""

from __future__ import annotations

from edgeagent.errors import ModelError
from edgeagent.messages import (
    ModelFiles,
    Pick,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
)

__all__ = ["TableScorer"]


class TableScorer:
    """Answers every request from fixed values and counts how often it was asked."""

    def __init__(self, *, segment: int | None = 0, fails: bool = False) -> None:
        """Give every session ``segment``; ``fails`` makes every call a ModelError."""
        self.segment_id = segment
        self.fails = fails
        self.requests: list[RankRequest | SegmentRequest] = []
        self.verified: list[str] = []

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

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Return the same segment for every session, one a profile."""
        self._ask(request)
        return SegmentAnswer(segments=(self.segment_id,) * len(request.profiles))

    def verify(self, files: ModelFiles, golden_path: str, *, space_id: str) -> None:
        """Accept every model."""
        del golden_path, space_id
        self.verified.append(files.model_sha256)

    def close(self) -> None:
        """Nothing to let go of."""

    def _ask(self, request: RankRequest | SegmentRequest) -> None:
        self.requests.append(request)
        if self.fails:
            raise ModelError("the table is on fire", hint="this is a test")
