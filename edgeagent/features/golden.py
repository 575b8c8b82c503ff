"""Golden vectors: inputs and expected outputs of a model, to check that it computes the same here.

A NumPy archive (``.npz``, no pickles). A small table of titles is shared by all cases: ``rows``
int8 [D, M], ``scale`` float32 [M], ``bias`` float32 [M]. Case n refers to columns of it:
``n.history`` [L], ``n.candidates`` [N] and ``n.explained`` [K] int32, beside ``n.history_weights``
and ``n.history_age_days`` float32 [L]; and the expected outputs of tensor contract 1 by their
names, ``n.user_embedding`` … ``n.contributions``, float64.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import ModelRefused

__all__ = [
    "GOLDEN_RTOL",
    "GoldenCase",
    "GoldenDraw",
    "GoldenTable",
    "decode_golden",
    "encode_golden",
    "first_miss",
]

GOLDEN_RTOL = 1e-4
"""Relative to the largest magnitude of an output: float32 on any machine against float64."""

_CAP_BYTES = 8 * 1024 * 1024
_TABLE = ("rows", "scale", "bias")
_COLUMNS = ("history", "candidates", "explained")
_DRAW = (*_COLUMNS, "history_weights", "history_age_days")
_OUTPUTS = ("user_embedding", "scores", "segment_probabilities", "contributions")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenTable:
    """The M titles that golden cases are drawn from."""

    rows: NDArray[np.int8]
    """[D, M]."""
    scale: NDArray[np.float32]
    """[M], > 0."""
    bias: NDArray[np.float32]
    """[M]."""

    def embeddings(self, columns: NDArray[np.int32]) -> NDArray[np.float32]:
        """Dequantise the embeddings of ``columns`` [K] as float32 [K, D]."""
        return self.rows[:, columns].T.astype(np.float32) * self.scale[columns, np.newaxis]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenDraw:
    """One case, as columns of the table."""

    history: NDArray[np.int32]
    """[L]."""
    history_weights: NDArray[np.float32]
    """[L] in [0, 1]."""
    history_age_days: NDArray[np.float32]
    """[L] ≥ 0."""
    candidates: NDArray[np.int32]
    """[N]."""
    explained: NDArray[np.int32]
    """[K]."""

    def inputs(self, table: GoldenTable) -> dict[str, NDArray[np.generic]]:
        """Return the inputs of tensor contract 1 by name."""
        return {
            "history_embeddings": table.embeddings(self.history),
            "history_weights": self.history_weights,
            "history_age_days": self.history_age_days,
            "candidate_embeddings": np.ascontiguousarray(table.rows[:, self.candidates]),
            "candidate_scale": table.scale[self.candidates],
            "candidate_bias": table.bias[self.candidates],
            "explain_embeddings": table.embeddings(self.explained),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCase:
    """Inputs and expected outputs, by the names of tensor contract 1."""

    inputs: Mapping[str, NDArray[np.generic]]
    outputs: Mapping[str, NDArray[np.float64]]


def encode_golden(
    table: GoldenTable,
    cases: Sequence[tuple[GoldenDraw, Mapping[str, NDArray[np.float64]]]],
) -> bytes:
    """Write draws and their expected outputs; equal values give equal bytes."""
    arrays: dict[str, NDArray[np.generic]] = {name: getattr(table, name) for name in _TABLE}
    for number, (draw, outputs) in enumerate(cases):
        arrays |= {f"{number}.{name}": getattr(draw, name) for name in _DRAW}
        arrays |= {f"{number}.{name}": outputs[name] for name in _OUTPUTS}
    buffer = io.BytesIO()
    # Passed as keywords: savez has a keyword of its own too, which the stub cannot tell apart.
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def decode_golden(data: bytes) -> tuple[GoldenCase, ...]:
    """Read golden vectors.

    Raises:
        ModelRefused: not such an archive, larger than 8 MiB unpacked, without a case, or with a
            case that is incomplete or has a wrong shape.

    """
    arrays = _arrays(data)
    try:
        table = GoldenTable(**{name: arrays[name] for name in _TABLE})  # type: ignore[arg-type]
        count = (len(arrays) - len(_TABLE)) // (len(_DRAW) + len(_OUTPUTS))
        cases = tuple(_case(arrays, number, table) for number in range(count))
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise _refused(f"{type(error).__name__}: {error}") from error
    if not cases:
        raise _refused("no case in it")
    return cases


def first_miss(
    case: GoldenCase, answers: Mapping[str, NDArray[np.generic]], *, rtol: float = GOLDEN_RTOL
) -> str | None:
    """Return in words the first output that differs from the expected; ``None`` if none does."""
    for name in _OUTPUTS:
        expected, found = case.outputs[name], np.asarray(answers[name], dtype=np.float64)
        if found.shape != expected.shape:
            return f"{name} has shape {found.shape}, not {expected.shape}"
        largest = float(np.abs(expected).max(initial=0.0))
        miss = float(np.abs(found - expected).max(initial=0.0))
        if not miss <= rtol * largest:
            return f"{name} is off by {miss:.3g} where {largest:.3g} is the largest value"
    return None


def _case(arrays: Mapping[str, NDArray[np.generic]], number: int, table: GoldenTable) -> GoldenCase:
    draw = GoldenDraw(**{name: arrays[f"{number}.{name}"] for name in _DRAW})  # type: ignore[arg-type]
    outputs = {name: arrays[f"{number}.{name}"].astype(np.float64) for name in _OUTPUTS}
    return GoldenCase(inputs=draw.inputs(table), outputs=outputs)


def _arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _CAP_BYTES:
            raise _refused(f"{unpacked} bytes unpacked, at most {_CAP_BYTES} are accepted")
        with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        raise _refused(str(error)) from error


def _refused(what: str) -> ModelRefused:
    return ModelRefused(
        f"golden vectors: {what}", hint="publish the model again; the present one stays in use"
    )
