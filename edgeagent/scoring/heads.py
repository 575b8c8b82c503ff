"""Heads: score the titles of a catalogue by a model or, if none works, by popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import Window
from edgeagent.promotion.limits import TITLE_SEGMENTS
from edgeagent.ranking.choice import Scored
from edgeagent.scoring.session import ModelInputs, ModelOutputs, OnnxModel

__all__ = ["Explained", "Head", "ModelHead", "PopularityHead"]

_NO_COLUMNS = np.array([], dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The scores of some titles and the parts they consist of."""

    scores: NDArray[np.float64]
    """[K]."""
    contributions: NDArray[np.float32]
    """[K, L] the part of each viewing in the window."""
    together: NDArray[np.float64] | None
    """[K] the joint part of the viewings, in models whose parts do not add up to the score."""


class Head(Protocol):
    """Scores and explains."""

    ranked_by: Literal["model", "popularity"]

    def score(self, window: Window) -> Scored:
        """Score every title."""
        ...

    def segments(self, window: Window) -> NDArray[np.float32]:
        """Return [S] the segment probabilities for a window; scores no titles."""
        ...

    def explain(self, window: Window, columns: NDArray[np.intp]) -> Explained:
        """Score and explain ``columns`` [K] in one run, so that scores and parts agree."""
        ...

    def kind_of(self, column: int) -> int | str:
        """Return the group a title belongs to, to vary the picks of a household without history."""
        ...

    def own_segments(self, column: int) -> tuple[int, ...]:
        """Return the few segments that a title itself is nearest to; empty: nothing is known."""
        ...


class ModelHead:
    """A model of tensor contract 1."""

    ranked_by: Literal["model", "popularity"] = "model"

    def __init__(self, model: OnnxModel, catalogue: CatalogueView) -> None:
        """Score the titles of ``catalogue``, which has the model's space."""
        self.model = model
        self._catalogue = catalogue
        self._needs_together = model.facts.head in ("timescales", "blend")
        self._segments: dict[int, tuple[int, ...]] = {}

    def score(self, window: Window) -> Scored:
        """Compute the user embedding with the model, and score every title for it."""
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

        If the score is by definition the sum of its parts, that sum is shown as the score. It is as
        accurate as the graph's own score, which is computed in another order; the two differ by up
        to 1.3e-4 of the spread in float32 (worst case: 500 viewings of one title). Otherwise the
        score is the graph's, and the difference to the sum is a part of its own.
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
        """Return the segment of a history that consists of this title alone."""
        return self._nearest(column)[0]

    def own_segments(self, column: int) -> tuple[int, ...]:
        """Return the nearest segments of a history that consists of this title alone.

        A title that was not trained on has an embedding of zeros, which is near to nothing.
        """
        return self._nearest(column) if self._catalogue.vectors[column].any() else ()

    def _nearest(self, column: int) -> tuple[int, ...]:
        nearest = self._segments.get(column)
        if nearest is None:
            only = np.array([column], dtype=np.intp)
            window = Window(
                columns=only,
                history_embeddings=self._catalogue.embeddings(only),
                history_weights=np.ones(1, dtype=np.float32),
                history_age_days=np.zeros(1, dtype=np.float32),
            )
            order = np.argsort(-self.segments(window), kind="stable")
            nearest = tuple(order[:TITLE_SEGMENTS].tolist())
            self._segments[column] = nearest
        return nearest

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
    """The catalogue's own score of each title, the same for everyone."""

    ranked_by: Literal["model", "popularity"] = "popularity"

    def __init__(self, catalogue: CatalogueView) -> None:
        """Score the titles of ``catalogue``."""
        self._catalogue = catalogue

    def score(self, window: Window) -> Scored:
        """Return the bias of every title; it does not depend on what was watched."""
        return Scored(
            known_by=_known_by(window),
            user=np.zeros(self._catalogue.dimension, dtype=np.float32),
            scores=self._catalogue.bias.copy(),
            segment_probabilities=self.segments(window),
        )

    def segments(self, window: Window) -> NDArray[np.float32]:
        """Return an empty array: popularity has no segments."""
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

    def own_segments(self, column: int) -> tuple[int, ...]:
        """Return nothing: popularity has no segments."""
        del column
        return ()


def _known_by(window: Window) -> int:
    return len(set(window.columns.tolist()))
