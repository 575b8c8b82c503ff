"""Scorer: ranks titles and assigns segments, in this process or in a child.

Importing this module loads neither numpy nor onnxruntime.
"""

from __future__ import annotations

from typing import Protocol

from edgeagent.errors import ModelError
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

__all__ = ["ROLLBACK_HINT", "OutOfMemory", "Scorer"]

ROLLBACK_HINT = "go back to the previous model with 'edgeagent model rollback'"


class OutOfMemory(ModelError):
    """A model exceeded the memory limit of this process."""


class Scorer(Protocol):
    """Runs models on history windows; takes plain values and paths, never a key."""

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title.

        If a request to explain is answered without picks, the title is not in the catalogue or is
        hidden.

        Raises:
            MalformedMessage: a field of the request is out of range.
            ModelError: the files cannot be used, or the model failed.

        """
        ...

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split viewings into sessions; runs no model.

        Raises:
            MalformedMessage, ModelError: as for :meth:`rank`.

        """
        ...

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session, in runs of a fixed size.

        Raises:
            MalformedMessage, ModelError: as for :meth:`rank`.

        """
        ...

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Check a downloaded model: files, contract, manifest and golden vectors.

        Args:
            files: the model and its catalogue.
            golden_path: golden vectors of the model.
            claims: what its manifest states.

        Raises:
            ModelRefused: the message names the check that failed.

        """
        ...

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Measure how well a model predicts the latest titles of some histories.

        Raises:
            MalformedMessage, ModelError: as for :meth:`rank`.

        """
        ...

    def close(self) -> None:
        """Free models and end processes; afterwards every call raises InputError.

        It may be called from any thread. A child process is ended at once, which does not count as
        a failure of its model.
        """
        ...
