"""What the float64 references of all heads share, and the golden vectors made with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.golden import GoldenDraw, GoldenTable, encode_golden
from model_export.heads.contract_graph import UNIT_GUARD, Described

__all__ = ["Reference", "contract_outputs", "golden_vectors"]

Reference = Callable[[Mapping[str, NDArray[np.generic]]], dict[str, NDArray[np.float64]]]
"""From the inputs of tensor contract 1 to its outputs, in float64."""

_LENGTHS = (0, 1, 20, 500)
_TITLES = 255
_CANDIDATES = 64
_EXPLAINED = 4
_AGE_DAYS = 60.0


def contract_outputs(
    described: Described,
    values: Mapping[str, NDArray[np.float64]],
    user: NDArray[np.float64],
    *,
    contributions: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Return all four outputs, given what a head makes of a history.

    Args:
        described: the head's centroids and temperature.
        values: the inputs of tensor contract 1, N may be 0.
        user: [D].
        contributions: [K, L].

    """
    candidates = values["candidate_embeddings"] * values["candidate_scale"]
    unit = user / max(float(np.linalg.norm(user)), UNIT_GUARD)
    logits = described.centroids @ unit / described.temperature
    odds = np.exp(logits - logits.max())
    return {
        "user_embedding": user,
        "scores": user @ candidates + values["candidate_bias"],
        "segment_probabilities": odds / odds.sum(),
        "contributions": contributions,
    }


def golden_vectors(
    reference: Reference,
    *,
    rows: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    seed: int,
) -> bytes:
    """Draw inputs from a catalogue and write down what the model must answer.

    Histories of 0, 1, 20 and 500 viewings; the two longest hold a viewing of weight 0 and a title
    watched twice, and the last candidate and the last explained title are a row of zeros.

    Args:
        reference: of the model.
        rows: int8 [D, N], N ≥ 1.
        scale: float32 [N] > 0.
        bias: float32 [N].
        seed: of the draw.

    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(rows.shape[1])[:_TITLES]
    table = GoldenTable(
        rows=np.append(rows[:, chosen], np.zeros((len(rows), 1), dtype=np.int8), axis=1),
        scale=np.append(scale[chosen], np.float32(1)),
        bias=np.append(bias[chosen], np.float32(0)),
    )
    draws = [_draw(rng, length, titles=len(chosen)) for length in _LENGTHS]
    return encode_golden(table, [(draw, reference(draw.inputs(table))) for draw in draws])


def _draw(rng: np.random.Generator, length: int, *, titles: int) -> GoldenDraw:
    """Draw a case over a table of ``titles`` titles followed by a row of zeros."""
    history = rng.integers(titles, size=length, dtype=np.int32)
    weights = rng.uniform(0.05, 1.0, size=length).astype(np.float32)
    if length > 1:
        history[1] = history[0]
        weights[-1] = 0.0
    candidates = rng.integers(titles, size=_CANDIDATES, dtype=np.int32)
    candidates[-1] = titles
    ages = rng.exponential(_AGE_DAYS, size=length).astype(np.float32)
    return GoldenDraw(
        history=history,
        history_weights=weights,
        history_age_days=np.sort(ages)[::-1].copy(),  # oldest first, as the box gives them
        candidates=candidates,
        explained=candidates[-_EXPLAINED:],
    )
