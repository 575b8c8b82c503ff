"""Makes tests/vectors/linear_*: ``python -m tests.model_export.heads.make_linear_vectors``.

Head C for ports to other languages: a small model as ONNX, and for several inputs, in JSON, the
outputs that its formula gives in float64. A zero-length list is a tensor with an axis of 0.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.linear_reference import linear_reference
from tests.model_export.heads.linear_cases import linear_inputs, linear_parameters
from tests.model_export.heads.port_vectors import DIMENSION, vectors_of

VECTORS = Path(__file__).parents[2] / "vectors"
PARAMETERS = linear_parameters(dimension=DIMENSION, segments=8)


def vectors() -> dict[str, object]:
    """Return what the JSON file holds."""
    parameters = {
        "decay_days": PARAMETERS.decay_days,
        "floor": PARAMETERS.floor,
        "centroids": PARAMETERS.centroids.tolist(),
        "temperature": PARAMETERS.temperature,
    }
    return vectors_of("linear", parameters, linear_inputs, partial(linear_reference, PARAMETERS))


if __name__ == "__main__":
    (VECTORS / "linear_small.onnx").write_bytes(build_linear_graph(PARAMETERS))
    (VECTORS / "linear_small.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
