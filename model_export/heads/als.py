"""What fits the item factors by implicit ALS: on this machine, or on Spark.

Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"; the settings
that make it as good as newer models are those of Rendle et al. 2022, "Revisiting the performance of
iALS on item recommendation benchmarks".
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.heads.factors import log_popularity
from model_export.log import WatchLog

__all__ = ["ITERATIONS", "FactorEngine", "LocalEngine"]

ITERATIONS = 15
"""Of every engine."""


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
            start: factors [N, D] of a model before to begin at, so that the new ones lie near them;
                rows of zeros say nothing. An engine that cannot use them starts fresh.

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
        """Fit on this machine; see :class:`FactorEngine`."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  (half a second)
        from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  (it ships no types)
            threadpool_limits,
        )

        library = self._library()  # before the limit, which holds for what is loaded by then
        shape = (log.user_count, len(log.titles))
        watched = csr_matrix((log.completion, (log.users, log.items)), shape=shape)
        watched.eliminate_zeros()
        # The library weighs (confidence - 1) in the system, as the fold-in weighs w.
        watched.data = (1.0 + alpha * watched.data).astype(np.float32)
        with threadpool_limits(1, "blas"):  # its own threads and those of BLAS fight for the cores
            model = library(
                dimension,
                regularization=regularization,
                alpha=1.0,
                iterations=ITERATIONS,
                random_state=seed,
            )
            if start is not None and start.any():  # from nothing but zeros it would never move
                model.item_factors = np.array(start, dtype=np.float32)
            model.fit(watched, show_progress=False)
        factors = np.array(model.item_factors, dtype=np.float32)
        factors[log_popularity(log) == 0] = 0.0
        return factors

    def _library(self) -> Any:  # noqa: ANN401  (the library has no types)
        """Return the class that fits.

        Raises:
            InputError: it does not load; its wheels expect GNU OpenMP of the system.

        """
        try:
            from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  (half a second)
        except ImportError as error:
            raise InputError(
                f"the library that fits embeddings does not load: {error}",
                hint="apt-get install libgomp1, or what your system calls GNU OpenMP",
            ) from error
        return AlternatingLeastSquares
