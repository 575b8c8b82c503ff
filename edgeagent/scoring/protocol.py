"""Scorer: what ranks titles and assigns segments, in this process or in a child.

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

ROLLBACK_HINT = "go back to the model before it with 'edgeagent model rollback'"


class OutOfMemory(ModelError):
    """A model asked for more memory than this process may have."""


class Scorer(Protocol):
    """Runs models on history windows; it is given plain values and paths, never a key."""

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title.

        An answer without picks to a request to explain means that the catalogue does not hold the
        title, or that it is hidden.

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
        """Assign a segment to each session, in runs of one size.

        Raises:
            MalformedMessage, ModelError: as for :meth:`rank`.

        """
        ...

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Check a downloaded model: files, contract, what its manifest says, golden vectors.

        Args:
            files: the model and its catalogue.
            golden_path: golden vectors of the model.
            claims: what its manifest says of it.

        Raises:
            ModelRefused: with the check that failed.

        """
        ...

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Say how well a model guesses the latest titles of some histories.

        Raises:
            MalformedMessage, ModelError: as for :meth:`rank`.

        """
        ...

    def close(self) -> None:
        """Let go of models and processes; afterwards every call is an InputError.

        From any thread; what runs in a process of its own is ended at once. No model is held to
        have failed because of it.
        """
        ...
