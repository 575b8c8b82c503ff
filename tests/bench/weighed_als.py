"""The local engine with λ weighed as Spark's MLlib weighs it: to tell what that weighing does.

Each person's and title's λ is multiplied by how many viewed pairs it has, over the mean of them
(Zhou et al. 2008, "Large-scale parallel collaborative filtering for the Netflix Prize"). The
library knows one λ, so rows are solved group by group, those of about as many pairs together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_export.factors import log_popularity
from model_export.log import WatchLog

__all__ = ["WeighedEngine"]

_ITERATIONS = 15
_A_DOUBLING = 2.0
"""Groups for each factor of two between numbers of pairs."""


class WeighedEngine:
    """Fits as :class:`model_export.engines.LocalEngine` does, but for λ."""

    def fit(
        self,
        log: WatchLog,
        *,
        alpha: float,
        regularization: float,
        dimension: int,
        seed: int,
        start: NDArray[np.float32] | None = None,  # noqa: ARG002  (of no use to a comparison)
    ) -> NDArray[np.float32]:
        """Fit on this machine; see :class:`model_export.engines.FactorEngine`."""
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  (half a second)
        from scipy.sparse import csr_matrix  # noqa: PLC0415  (likewise)
        from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  (it ships no types)
            threadpool_limits,
        )

        class Weighed(AlternatingLeastSquares):  # type: ignore[misc]  # the library has no types
            @property
            def solver(self) -> Callable[..., None]:
                return _by_count(super().solver)

        shape = (log.user_count, len(log.titles))
        watched = csr_matrix((log.completion, (log.users, log.items)), shape=shape)
        watched.eliminate_zeros()
        watched.data = (1.0 + alpha * watched.data).astype(np.float32)
        with threadpool_limits(1, "blas"):
            model = Weighed(
                dimension,
                regularization=regularization,
                alpha=1.0,
                iterations=_ITERATIONS,
                random_state=seed,
            )
            model.fit(watched, show_progress=False)
        factors = np.array(model.item_factors, dtype=np.float32)
        factors[log_popularity(log) == 0] = 0.0
        return factors


def _by_count(solve: Callable[..., None]) -> Callable[..., None]:
    """Return a solver of rows whose λ grows with their number of entries."""

    def solved(
        pairs: Any,  # noqa: ANN401  (a sparse matrix, which has no types)
        rows: NDArray[np.float32],
        others: NDArray[np.float32],
        regularization: float,
        num_threads: int = 0,
    ) -> None:
        counts = np.maximum(np.diff(pairs.indptr), 1)
        mean = counts[np.diff(pairs.indptr) > 0].mean()
        groups = np.rint(_A_DOUBLING * np.log2(counts)).astype(int)
        for group in np.unique(groups):
            there = np.flatnonzero(groups == group)
            part = rows[there]
            own = regularization * 2.0 ** (group / _A_DOUBLING) / mean
            solve(pairs[there], part, others, own, num_threads=num_threads)
            rows[there] = part

    return solved
