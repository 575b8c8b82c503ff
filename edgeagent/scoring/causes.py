"""Explain a segment of the household's mix: how its share changes without each of a few titles.

In each head the mix is a softmax over cosines, not a sum over viewings. So the effect of a title
is measured by running the encoder again without it. A run that scores no titles takes 0.1 to 0.2
ms; only the titles that weigh most in the picks of the same run are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.window import Window
from edgeagent.messages import Reason, SegmentCause, Title
from edgeagent.ranking.heaviest import heaviest

__all__ = ["TRIED_TITLES", "segment_causes"]

TRIED_TITLES = 12
_SEGMENTS = 7
"""As many as a screen shows."""
_NAMED = 3


def segment_causes(
    window: Window,
    probabilities: NDArray[np.float32],
    *,
    tried: NDArray[np.intp],
    titles: Sequence[Title],
    mix_of: Callable[[Window], NDArray[np.float32]],
) -> tuple[SegmentCause, ...]:
    """Return the causes of the largest parts of a mix, the largest part first.

    Args:
        window: the input that the mix was computed from.
        probabilities: [S] the mix; empty without a model.
        tried: [T] columns of the watched titles to try.
        titles: of the catalogue.
        mix_of: runs the encoder on a window and returns [S].

    """
    if not len(tried):
        return ()
    losses = np.array([probabilities - mix_of(_without(window, column)) for column in tried])
    order = np.argsort(-probabilities, kind="stable")[:_SEGMENTS].tolist()
    return tuple(
        SegmentCause(segment=segment, reasons=_reasons(losses[:, segment], tried, titles))
        for segment in order
    )


def _without(window: Window, column: int) -> Window:
    kept = window.columns != column
    return Window(
        columns=window.columns[kept],
        history_embeddings=window.history_embeddings[kept],
        history_weights=window.history_weights[kept],
        history_age_days=window.history_age_days[kept],
    )


def _reasons(
    losses: NDArray[np.float32], tried: NDArray[np.intp], titles: Sequence[Title]
) -> tuple[Reason, ...]:
    parts = (
        Reason(
            kind="watched",
            entity_id=titles[column].entity_id,
            title=titles[column].title,
            contribution=loss,
            share_fraction=0.0,
        )
        for column, loss in zip(tried.tolist(), losses.astype(np.float64).tolist(), strict=True)
        if loss > 0
    )
    return heaviest(parts, most=_NAMED)
