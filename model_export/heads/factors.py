"""Item embeddings in their int8 form, and how popular each title is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import sha256_hex
from model_export.log import WatchLog

__all__ = ["ItemTable", "log_popularity"]

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


def log_popularity(log: WatchLog) -> NDArray[np.float64]:
    """Return [N] log(1 + viewings) of each title as a part of the largest, 0-1."""
    counts = np.log1p(np.bincount(log.items, minlength=len(log.titles)))
    return np.asarray(counts / max(float(counts.max()), 1.0))
