"""Makes tests/vectors/blend_*: ``python -m tests.model_export.heads.make_blend_vectors``.

Head D for ports to other languages: a small model as ONNX, and for several inputs, in JSON, the
outputs that its formula gives in float64. A zero-length list is a tensor with an axis of 0.
"""

from __future__ import annotations

import json
from dataclasses import fields
from functools import partial
from pathlib import Path

from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.blend_reference import blend_reference
from tests.model_export.heads.blend_cases import blend_parameters
from tests.model_export.heads.linear_cases import linear_inputs
from tests.model_export.heads.port_vectors import DIMENSION, vectors_of

VECTORS = Path(__file__).parents[2] / "vectors"
PARAMETERS = blend_parameters(dimension=DIMENSION, segments=8, hidden=4)


def vectors() -> dict[str, object]:
    """Return what the JSON file holds."""
    weights = PARAMETERS.weights
    parameters = {
        **{field.name: getattr(weights, field.name).tolist() for field in fields(weights)},
        "decay_days": PARAMETERS.decay_days,
        "floor": PARAMETERS.floor,
        "gate": PARAMETERS.gate,
        "centroids": PARAMETERS.centroids.tolist(),
        "temperature": PARAMETERS.temperature,
    }
    return vectors_of("blend", parameters, linear_inputs, partial(blend_reference, PARAMETERS))


if __name__ == "__main__":
    (VECTORS / "blend_small.onnx").write_bytes(build_blend_graph(PARAMETERS))
    (VECTORS / "blend_small.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
