"""ResidentScorer: models in this process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from edgeagent.errors import ModelError, ModelRefused
from edgeagent.messages import (
    ModelFiles,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    checked,
)
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.loading import load_engine, read_capped

__all__ = ["ResidentScorer"]

_GOLDEN_CAP_BYTES = 16 * 1024 * 1024


class ResidentScorer:
    """Keeps the engines used last; a :class:`~edgeagent.scoring.protocol.Scorer`."""

    def __init__(
        self, *, keep: int = 3, load: Callable[[ModelFiles], Engine] = load_engine
    ) -> None:
        """Keep at most ``keep`` engines: the active one, the task's segmenter, one on trial."""
        self._keep = keep
        self._load = load
        # Guards the table and the models: one request at a time, on one core.
        self._lock = threading.Lock()
        self._engines: OrderedDict[tuple[str, str], Engine] = OrderedDict()
        self._closed = False

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title; see the protocol."""
        request = checked(request)
        with self._lock:
            return self._engine(request.files).rank(request)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session; see the protocol."""
        request = checked(request)
        with self._lock:
            return self._engine(request.files).segment(request)

    def verify(self, files: ModelFiles, golden_path: str, *, space_id: str) -> None:
        """Check a downloaded model; see the protocol."""
        files = checked(files)
        with self._lock:
            engine = self._engine(files)
            if engine.model.facts.space_id != space_id:
                raise ModelRefused(
                    f"model of space {engine.model.facts.space_id}, its manifest says {space_id}",
                    hint="publish the model with its own manifest; the one in use stays",
                )
            engine.check_golden(read_capped(golden_path, cap_bytes=_GOLDEN_CAP_BYTES))

    def close(self) -> None:
        """Let go of the models."""
        with self._lock:
            self._closed = True
            self._engines.clear()

    def _engine(self, files: ModelFiles) -> Engine:
        if self._closed:
            raise ModelError("the scorer is closed", hint="open the agent again")
        key = (files.model_sha256, files.catalogue_sha256)
        engine = self._engines.pop(key, None)
        if engine is None:
            engine = self._load(files)
        self._engines[key] = engine
        while len(self._engines) > self._keep:
            self._engines.popitem(last=False)
        return engine
