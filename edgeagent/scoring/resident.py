"""ResidentScorer: models in this process."""

from __future__ import annotations

import threading

from edgeagent.messages import (
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
    checked,
)
from edgeagent.scoring.engines import EngineTable, Load
from edgeagent.scoring.loading import load_engine

__all__ = ["ResidentScorer"]


class ResidentScorer:
    """A :class:`~edgeagent.scoring.protocol.Scorer` with engines in this process."""

    def __init__(self, *, keep: int = 3, load: Load = load_engine) -> None:
        """Keep at most ``keep`` engines, loaded with ``load``."""
        # Guards the table and the models: one request at a time, on one core.
        self._lock = threading.Lock()
        self._engines = EngineTable(keep=keep, load=load)

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title; see the protocol."""
        request = checked(request)
        with self._lock:
            return self._engines.rank(request)

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split viewings into sessions; see the protocol."""
        request = checked(request)
        with self._lock:
            return self._engines.split(request)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session; see the protocol."""
        request = checked(request)
        with self._lock:
            return self._engines.segment(request)

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Check a downloaded model; see the protocol."""
        files, claims = checked(files), checked(claims)
        with self._lock:
            self._engines.verify(files, golden_path, claims=claims)

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Let a model predict what was watched; see the protocol."""
        request = checked(request)
        with self._lock:
            return self._engines.trial(request)

    def close(self) -> None:
        """Free the models."""
        with self._lock:
            self._engines.close()
