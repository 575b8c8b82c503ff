"""Item embeddings by implicit ALS, and their int8 form.

Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"; the settings
that make it as good as newer models are those of Rendle et al. 2022, "Revisiting the performance of
iALS on item recommendation benchmarks". The fit is the ``implicit`` library's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import sha256_hex
from model_export.log import WatchLog

__all__ = ["ItemTable", "fit_factors", "log_popularity"]

_ITERATIONS = 15
_LARGEST_INT8 = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTable:
    """Quantised embeddings of N titles, D dimensions, as they are shipped."""

    rows: NDArray[np.int8]
    """[D, N]."""
    scale: NDArray[np.float32]
    """[N] > 0; 1 for a row of zeros."""

    @classmethod
    def of(cls, factors: NDArray[np.floating]) -> ItemTable:
        """Quantise factors [N, D], each row by its own scale."""
        largest = np.abs(factors).max(axis=1)
        scale = np.where(largest > 0, largest / _LARGEST_INT8, 1.0).astype(np.float32)
        rows = np.rint(factors / scale[:, np.newaxis]).astype(np.int8)
        return cls(rows=np.ascontiguousarray(rows.T), scale=scale)

    @property
    def space_id(self) -> str:
        """Sixteen hex digits that change whenever an embedding does."""
        return sha256_hex(self.rows.tobytes() + self.scale.tobytes())[:16]

    def embeddings(self) -> NDArray[np.float32]:
        """Return the dequantised embeddings [N, D]: what the box computes with."""
        return self.rows.T.astype(np.float32) * self.scale[:, np.newaxis]


def fit_factors(
    log: WatchLog,
    *,
    alpha: float,
    regularization: float,
    dimension: int,
    seed: int,
    start: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Fit item factors [N, D]; the same arguments give the same factors.

    Args:
        log: the viewings; completion counts as a part of a viewing, repeats add up.
        alpha: weight of one complete viewing beside 1 for each title not watched.
        regularization: λ.
        dimension: D.
        seed: of the start.
        start: [N, D] to begin at; without it, or if all is zero, at random.

    Returns:
        Factors [N, D]; titles nobody watched have a row of zeros.

    """
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  (half a second)
    from scipy.sparse import csr_matrix  # noqa: PLC0415  (likewise)
    from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  (it ships no types)
        threadpool_limits,
    )

    shape = (log.user_count, len(log.titles))
    watched = csr_matrix((log.completion, (log.users, log.items)), shape=shape)
    watched.eliminate_zeros()
    # The library weighs (confidence - 1) in the system, as the fold-in weighs w.
    watched.data = (1.0 + alpha * watched.data).astype(np.float32)
    with threadpool_limits(1, "blas"):  # its own threads and those of BLAS fight for the cores
        model = AlternatingLeastSquares(
            dimension,
            regularization=regularization,
            alpha=1.0,
            iterations=_ITERATIONS,
            random_state=seed,
        )
        if start is not None and start.any():  # from nothing but zeros it would never move
            model.item_factors = np.array(start, dtype=np.float32)
        model.fit(watched, show_progress=False)
    factors = np.array(model.item_factors, dtype=np.float32)
    factors[log_popularity(log) == 0] = 0.0
    return factors


def log_popularity(log: WatchLog) -> NDArray[np.float64]:
    """Return [N] log(1 + viewings) of each title as a part of the largest, 0-1."""
    counts = np.log1p(np.bincount(log.items, minlength=len(log.titles)))
    return np.asarray(counts / max(float(counts.max()), 1.0))
