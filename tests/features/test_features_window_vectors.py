"""The golden vectors of the history window; they run on any machine that has numpy."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import history_window
from edgeagent.messages import Title, Viewing, decode_catalogue, encode_catalogue
from tests.features.make_window_vectors import NOW, RUN_MINUTES, VECTORS, cases

CASES: list[dict[str, Any]] = msgspec.json.decode(VECTORS.read_bytes())["cases"]


def _catalogue() -> CatalogueView:
    count = len(RUN_MINUTES)
    data = encode_catalogue(
        space_id="0" * 16,
        dimension=1,
        issued_at=0,
        titles=tuple(
            Title(entity_id=f"t:{n}", title=f"T{n}", run_minutes=minutes)
            for n, minutes in enumerate(RUN_MINUTES)
        ),
        rows=bytes(range(1, count + 1)),
        scale=np.ones(count, dtype="<f4").tobytes(),
        bias=bytes(4 * count),
    )
    return CatalogueView.of(decode_catalogue(data))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_window_of_the_vectors(case: dict[str, Any]) -> None:
    viewings = [Viewing(**viewing) for viewing in case["viewings"]]
    window = history_window(viewings, _catalogue(), now=NOW, left_out=case["left_out"])
    expected = case["expected"]
    assert window.columns.tolist() == expected["titles"]
    assert window.history_embeddings[:, 0].tolist() == [1.0 + n for n in expected["titles"]]
    assert window.history_weights.tolist() == pytest.approx(expected["weights"], rel=1e-6)
    assert window.history_age_days.tolist() == pytest.approx(expected["age_days"], rel=1e-6)


def test_the_vectors_are_what_their_rules_say() -> None:
    assert msgspec.json.decode(VECTORS.read_bytes())["cases"] == msgspec.json.decode(
        msgspec.json.encode(cases())
    )
