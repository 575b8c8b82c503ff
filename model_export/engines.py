"""What fits the item factors: on this machine, or on Spark."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model_export.factors import fit_factors
from model_export.log import WatchLog

__all__ = ["FactorEngine", "LocalEngine"]


class FactorEngine(Protocol):
    """Fits implicit ALS; equal arguments give factors that are equal, or equal but for rounding."""

    def fit(
        self,
        log: WatchLog,
        *,
        alpha: float,
        regularization: float,
        dimension: int,
        seed: int,
        start: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Return item factors [N, D]; titles nobody watched have a row of zeros.

        Args:
            log: the viewings; completion counts as a part of a viewing, repeats add up.
            alpha: weight of one complete viewing beside 1 for each title not watched.
            regularization: λ, of a person with as many viewings as others.
            dimension: D.
            seed: of the start.
            start: factors [N, D] of a model before to begin at, so that the new ones lie near
                them; rows of zeros say nothing. An engine that cannot begin begins anew.

        """
        ...


class LocalEngine:
    """The ``implicit`` library, in memory."""

    def fit(
        self,
        log: WatchLog,
        *,
        alpha: float,
        regularization: float,
        dimension: int,
        seed: int,
        start: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Fit on this machine."""
        return fit_factors(
            log,
            alpha=alpha,
            regularization=regularization,
            dimension=dimension,
            seed=seed,
            start=start,
        )
