"""What scores the titles of a catalogue: a model, or, when none works, their popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import Window
from edgeagent.ranking.choice import Scored
from edgeagent.scoring.session import ModelInputs, ModelOutputs, OnnxModel

__all__ = ["Explained", "Head", "ModelHead", "PopularityHead"]

_NO_COLUMNS = np.array([], dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why some titles score what they score."""

    scores: NDArray[np.float64]
    """[K]."""
    contributions: NDArray[np.float32]
    """[K, L] of each viewing in the window."""
    together: NDArray[np.float64] | None
    """[K] what the viewings do together, where their parts do not add up by themselves."""


class Head(Protocol):
    """Scores and explains."""

    ranked_by: Literal["model", "popularity"]

    def score(self, window: Window) -> Scored:
        """Score every title."""
        ...

    def segments(self, window: Window) -> NDArray[np.float32]:
        """Return [S] how much of each segment is seen in a window; scores nothing."""
        ...

    def explain(self, window: Window, columns: NDArray[np.intp]) -> Explained:
        """Score ``columns`` [K] again, in one run with their explanations, so that both agree."""
        ...

    def kind_of(self, column: int) -> int | str:
        """Return the group of titles that one belongs to, for a household that is not known."""
        ...


class ModelHead:
    """A model under tensor contract 1."""

    ranked_by: Literal["model", "popularity"] = "model"

    def __init__(self, model: OnnxModel, catalogue: CatalogueView) -> None:
        """Score the titles of ``catalogue``, which is of the model's own space."""
        self.model = model
        self._catalogue = catalogue
        self._needs_together = model.facts.head == "timescales"
        self._segments: dict[int, int] = {}

    def score(self, window: Window) -> Scored:
        """Ask the model for the user, and score every title for them."""
        outputs = self._run(window, _NO_COLUMNS)
        return Scored(
            known_by=_known_by(window),
            user=outputs.user_embedding,
            scores=self._catalogue.scores(outputs.user_embedding),
            segment_probabilities=outputs.segment_probabilities,
        )

    def segments(self, window: Window) -> NDArray[np.float32]:
        """Return the model's segment probabilities."""
        return self._run(window, _NO_COLUMNS).segment_probabilities

    def explain(self, window: Window, columns: NDArray[np.intp]) -> Explained:
        """Score and explain ``columns`` in one run of the graph.

        Where parts make up the score by definition, their sum is shown as the score: it is as near
        the true one as what the graph computes the other way round, and 500 viewings of one title
        (the worst case) leave 1.3e-4 of the spread between the two in float32. Else the score is
        the graph's, and what the parts leave of it is a part of its own.
        """
        outputs = self._run(window, columns)
        own = self._catalogue.bias[columns].astype(np.float64)
        parts = own + outputs.contributions.sum(axis=1, dtype=np.float64)
        scores = outputs.scores.astype(np.float64)
        return Explained(
            scores=scores if self._needs_together else parts,
            contributions=outputs.contributions,
            together=scores - parts if self._needs_together else None,
        )

    def kind_of(self, column: int) -> int:
        """Return the segment of somebody who has watched this title and nothing else."""
        segment = self._segments.get(column)
        if segment is None:
            only = np.array([column], dtype=np.intp)
            window = Window(
                columns=only,
                history_embeddings=self._catalogue.embeddings(only),
                history_weights=np.ones(1, dtype=np.float32),
                history_age_days=np.zeros(1, dtype=np.float32),
            )
            segment = int(self.segments(window).argmax())
            self._segments[column] = segment
        return segment

    def _run(self, window: Window, columns: NDArray[np.intp]) -> ModelOutputs:
        """Run the model with ``columns`` as candidates, each explained."""
        catalogue = self._catalogue
        return self.model.run(
            ModelInputs(
                history_embeddings=window.history_embeddings,
                history_weights=window.history_weights,
                history_age_days=window.history_age_days,
                candidate_embeddings=np.ascontiguousarray(catalogue.vectors[columns].T),
                candidate_scale=catalogue.scale[columns],
                candidate_bias=catalogue.bias[columns],
                explain_embeddings=catalogue.embeddings(columns),
            )
        )


class PopularityHead:
    """What the catalogue says of each title for everybody alike."""

    ranked_by: Literal["model", "popularity"] = "popularity"

    def __init__(self, catalogue: CatalogueView) -> None:
        """Score the titles of ``catalogue``."""
        self._catalogue = catalogue

    def score(self, window: Window) -> Scored:
        """Return the bias of every title; nothing that was watched moves it."""
        return Scored(
            known_by=_known_by(window),
            user=np.zeros(self._catalogue.dimension, dtype=np.float32),
            scores=self._catalogue.bias.copy(),
            segment_probabilities=self.segments(window),
        )

    def segments(self, window: Window) -> NDArray[np.float32]:
        """Return none: popularity knows no segments."""
        del window
        return np.array([], dtype=np.float32)

    def explain(self, window: Window, columns: NDArray[np.intp]) -> Explained:
        """Return the bias of ``columns``: no viewing has a part in it."""
        return Explained(
            scores=self._catalogue.bias[columns].astype(np.float64),
            contributions=np.zeros((len(columns), len(window)), dtype=np.float32),
            together=None,
        )

    def kind_of(self, column: int) -> str:
        """Return the first genre that a title names."""
        return next(iter(self._catalogue.titles[column].genres), "")


def _known_by(window: Window) -> int:
    return len(np.unique(window.columns))
