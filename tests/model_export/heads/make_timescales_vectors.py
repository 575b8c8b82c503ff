"""Makes tests/vectors/timescales_*: ``python -m tests.model_export.heads.make_timescales_vectors``.

Head B for ports to other languages: a small model as ONNX, and for several inputs, in JSON, the
outputs that its formula gives in float64. A zero-length list is a tensor with an axis of 0.
"""

from __future__ import annotations

import json
from dataclasses import fields
from functools import partial
from pathlib import Path

from model_export.heads.timescales_graph import build_timescales_graph
from model_export.heads.timescales_reference import timescales_reference
from tests.model_export.heads.foldin_cases import foldin_inputs
from tests.model_export.heads.port_vectors import DIMENSION, vectors_of
from tests.model_export.heads.timescales_cases import timescales_parameters

VECTORS = Path(__file__).parents[2] / "vectors"
PARAMETERS = timescales_parameters(dimension=DIMENSION, segments=8, hidden=4)


def vectors() -> dict[str, object]:
    """Return what the JSON file holds."""
    weights = PARAMETERS.weights
    parameters = {
        **{field.name: getattr(weights, field.name).tolist() for field in fields(weights)},
        "centroids": PARAMETERS.centroids.tolist(),
        "temperature": PARAMETERS.temperature,
    }
    reference = partial(timescales_reference, PARAMETERS)
    return vectors_of("timescales", parameters, foldin_inputs, reference)


if __name__ == "__main__":
    (VECTORS / "timescales_small.onnx").write_bytes(build_timescales_graph(PARAMETERS))
    (VECTORS / "timescales_small.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
