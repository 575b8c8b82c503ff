"""Who watched what, and how many watched both of two titles: item-item models are fitted to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model_export.log import WatchLog

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["CoViewings", "inverse_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoViewings:
    """The M titles that an item-item model knows."""

    titles: NDArray[np.intp]
    """[M] their numbers in the log."""
    place: NDArray[np.intp]
    """[I] where each title stands among them, −1 where it does not."""
    watched: csr_matrix
    """[P, M] 1 where one of P people watched a title; nobody who watched none of them."""

    @classmethod
    def of(cls, log: WatchLog, *, most: int) -> CoViewings:
        """Count over the ``most`` titles with the most viewers, and none that nobody watched."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  (half a second)

        shape = (log.user_count, len(log.titles))
        watched = csr_matrix((np.ones(len(log), dtype=np.float32), (log.users, log.items)), shape)
        watched.data[:] = 1.0  # a person who watches a title twice is one viewer
        viewers = np.asarray(watched.sum(axis=0)).ravel()
        popular = np.argsort(-viewers, kind="stable")[:most]
        titles = np.sort(popular[viewers[popular] > 0])
        place = np.full(len(log.titles), -1)
        place[titles] = np.arange(len(titles))
        part = watched[:, titles]
        return cls(titles=titles, place=place, watched=part[part.getnnz(axis=1) > 0])

    @property
    def viewers(self) -> NDArray[np.float32]:
        """Return [M] how many people watched each."""
        return np.asarray(self.watched.sum(axis=0), dtype=np.float32).ravel()

    def gram(self) -> NDArray[np.float32]:
        """Return [M, M] how many people watched both."""
        return np.asarray((self.watched.T @ self.watched).toarray(), dtype=np.float32)


def inverse_of(system: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inverse [M, M] of a positive definite matrix, which is overwritten.

    By Cholesky: half the work of a general inverse, which is most of the time of a table.
    """
    from scipy.linalg import lapack  # noqa: PLC0415  (half a second)

    lower, _ = lapack.spotrf(system, lower=1, overwrite_a=1)
    half, _ = lapack.spotri(lower, lower=1, overwrite_c=1)
    return np.asarray(np.tril(half) + np.tril(half, -1).T, dtype=np.float32)
