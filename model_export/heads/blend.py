"""Head D ``blend``: what heads B and C say of a title, added.

A row holds one row of each, D = D_B + D_C, and so does the user::

    u = [ u_B, γ · u_C / |u_C| ]        score_j = y_j · u_B + γ · v_j · u_C / |u_C| + bias_j

u_B consists of means and u_C is a sum, so its length is taken out: it would otherwise say the more
the longer a history is. (A gate that grows with a power of the history's length was tried and ranks
no better.) γ is chosen on validation data, where large ones leave head B no say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.heads.linear import LinearEncoder, LinearSettings
from model_export.heads.timescales import TimescalesEncoder, TimescalesWeights

__all__ = ["SHORTEST", "BlendEncoder", "BlendSettings"]

SHORTEST = 1e-6
"""What |u_C| counts as at least: without a history 0 / 1e-6 is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendSettings:
    """Those of both heads, and the gate between them."""

    timescales: TimescalesWeights
    linear: LinearSettings
    gate: float
    """γ > 0."""

    @property
    def first(self) -> int:
        """D_B: how many coordinates of a row are those of ``timescales``."""
        return int(self.timescales.skip.shape[1])


class BlendEncoder:
    """Encodes histories over one table, in float64."""

    def __init__(self, embeddings: NDArray[np.floating], settings: BlendSettings) -> None:
        """Prepare for rows [I, D]."""
        first = settings.first
        self._timescales = TimescalesEncoder(embeddings[:, :first], settings.timescales)
        self._linear = LinearEncoder(embeddings[:, first:], settings.linear)
        self._gate = settings.gate

    def user(
        self,
        items: NDArray[np.integer],
        completion: NDArray[np.floating],
        age_days: NDArray[np.floating],
    ) -> NDArray[np.float64]:
        """Return u [D] for a history of L viewings, oldest first."""
        linear = self._linear.user(items, completion, age_days)
        length = max(float(np.linalg.norm(linear)), SHORTEST)
        of_timescales = self._timescales.user(items, completion, age_days)
        return np.concatenate([of_timescales, self._gate / length * linear])
