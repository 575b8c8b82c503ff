"""EngineTable: a cache of engines, as a Scorer for one request at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from edgeagent.errors import InputError
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
)
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.loading import load_engine, read_capped

__all__ = ["EngineTable", "Load"]

_GOLDEN_CAP_BYTES = 16 * 1024 * 1024


class Load(Protocol):
    """Loads an engine from files."""

    def __call__(self, files: ModelFiles, *, popular: bool = False) -> Engine:
        """See :func:`~edgeagent.scoring.loading.load_engine`."""
        ...


class EngineTable:
    """A :class:`~edgeagent.scoring.protocol.Scorer` for requests that were validated already."""

    def __init__(
        self,
        *,
        keep: int = 3,
        load: Load = load_engine,
        when_loaded: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep at most ``keep`` engines: the active one, the task's segmenter and one on trial.

        Args:
            keep: the maximum number of engines.
            load: loads an engine.
            when_loaded: called after each load.

        """
        self._when_loaded = when_loaded
        self._keep = keep
        self._load = load
        self._engines: OrderedDict[tuple[str, str], Engine] = OrderedDict()
        self._closed = False

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title; see the protocol."""
        return self._engine(request.files, popular=request.popular).rank(request)

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split viewings into sessions; see the protocol."""
        return self._engine(request.files).split(request)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session; see the protocol."""
        return self._engine(request.files).segment(request)

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Check a downloaded model; see the protocol."""
        engine = self._engine(files)
        engine.check_claims(claims)
        engine.check_golden(read_capped(golden_path, cap_bytes=_GOLDEN_CAP_BYTES))

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Let a model predict what was watched; see the protocol."""
        return self._engine(request.files).trial(request)

    def close(self) -> None:
        """Free the models."""
        self._closed = True
        self._engines.clear()

    def _engine(self, files: ModelFiles, *, popular: bool = False) -> Engine:
        if self._closed:
            raise InputError("the scorer is closed", hint="open the agent again")
        key = ("" if popular else files.model_sha256, files.catalogue_sha256)
        engine = self._engines.pop(key, None)
        if engine is None:
            engine = self._load(files, popular=popular)
            self._when_loaded()
        self._engines[key] = engine
        while len(self._engines) > self._keep:
            self._engines.popitem(last=False)
        return engine
