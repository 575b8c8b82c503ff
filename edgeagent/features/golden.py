"""Golden vectors: inputs and outputs that a model must reproduce wherever it runs.

One ``.npz`` file. All cases share N candidate rows; histories and explained titles are columns of
them, so that the file stays small and every embedding in it is one that a catalogue can hold.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import ModelRefused

__all__ = ["GoldenCase", "decode_golden", "encode_golden"]

_MAX_CASES = 32
_SHARED = ("candidate_embeddings", "candidate_scale", "candidate_bias")
_OWN = (
    "history_columns",
    "history_weights",
    "history_age_days",
    "explain_columns",
    "user_embedding",
    "scores",
    "segment_probabilities",
    "contributions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCase:
    """Inputs of tensor contract 1 and what a float64 reference computed from them."""

    candidate_embeddings: NDArray[np.int8]
    """[D, N], the same for every case of a file."""
    candidate_scale: NDArray[np.float32]
    """[N] > 0."""
    candidate_bias: NDArray[np.float32]
    """[N]."""
    history_columns: NDArray[np.int64]
    """[L] columns of the candidates."""
    history_weights: NDArray[np.float32]
    """[L] in [0, 1]."""
    history_age_days: NDArray[np.float32]
    """[L] ≥ 0."""
    explain_columns: NDArray[np.int64]
    """[K] columns of the candidates."""
    user_embedding: NDArray[np.float64]
    """[D]."""
    scores: NDArray[np.float64]
    """[N]."""
    segment_probabilities: NDArray[np.float64]
    """[S]."""
    contributions: NDArray[np.float64]
    """[K, L]."""

    def embeddings(self, columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return [len(columns), D] dequantised rows."""
        rows = self.candidate_embeddings[:, columns].T.astype(np.float32)
        return np.ascontiguousarray(rows * self.candidate_scale[columns, None])


def encode_golden(cases: Sequence[GoldenCase]) -> bytes:
    """Encode cases that share their candidates; the same cases give the same bytes."""
    arrays = {name: getattr(cases[0], name) for name in _SHARED}
    for number, case in enumerate(cases):
        arrays |= {f"{number}.{name}": getattr(case, name) for name in _OWN}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            # A fixed date: bytes are content-addressed and must not depend on when they were made.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue()
            )
    return buffer.getvalue()


def decode_golden(data: bytes) -> tuple[GoldenCase, ...]:
    """Decode golden vectors; nothing in them is executed.

    Raises:
        ModelRefused: not such a file, or one without cases.

    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            shared = {name: archive[name] for name in _SHARED}
            count = sum(name.endswith(".scores") for name in archive.files)
            if not 0 < count <= _MAX_CASES:
                raise ModelRefused(f"{count} golden cases", hint="publish the model again")
            return tuple(
                GoldenCase(**shared, **{name: archive[f"{number}.{name}"] for name in _OWN})
                for number in range(count)
            )
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        raise ModelRefused(
            f"golden vectors cannot be read: {error}", hint="publish the model again"
        ) from error
