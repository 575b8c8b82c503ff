"""The local engine with λ weighed as Spark's MLlib weighs it, to measure what that costs.

Each person's and title's λ is multiplied by how many viewed pairs it has, over the mean of them
(Zhou et al. 2008, "Large-scale parallel collaborative filtering for the Netflix Prize"). The
library knows one λ, so rows are solved group by group, those of about as many pairs together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_export.heads.als import LocalEngine

__all__ = ["WeighedEngine"]

_A_DOUBLING = 2.0
"""Groups for each factor of two between numbers of pairs."""


class WeighedEngine(LocalEngine):
    """Fits as the local engine does, but for λ."""

    def _library(self) -> Any:  # noqa: ANN401  (the library has no types)
        library: Any = super()._library()

        class Weighed(library):  # type: ignore[misc]  # the library has no types
            @property
            def solver(self) -> Callable[..., None]:
                return _by_count(super().solver)

        return Weighed


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
