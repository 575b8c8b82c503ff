"""Makes tests/vectors/foldin_*: ``python -m tests.model_export.heads.make_foldin_vectors``.

Head A for ports to other languages: a small model as ONNX, and for several inputs, in JSON, the
outputs that a direct solve gives in float64. A zero-length list is a tensor with an axis of 0.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.foldin_reference import foldin_reference
from tests.model_export.heads.foldin_cases import foldin_inputs, foldin_parameters
from tests.model_export.heads.port_vectors import DIMENSION, vectors_of

VECTORS = Path(__file__).parents[2] / "vectors"
PARAMETERS = foldin_parameters(dimension=DIMENSION, segments=8)


def vectors() -> dict[str, object]:
    """Return what the JSON file holds."""
    parameters = {
        "gram": PARAMETERS.gram.tolist(),
        "regularization": PARAMETERS.regularization,
        "alpha": PARAMETERS.alpha,
        "decay_days": PARAMETERS.decay_days,
        "floor": PARAMETERS.floor,
        "centroids": PARAMETERS.centroids.tolist(),
        "temperature": PARAMETERS.temperature,
    }
    return vectors_of("foldin", parameters, foldin_inputs, partial(foldin_reference, PARAMETERS))


if __name__ == "__main__":
    (VECTORS / "foldin_small.onnx").write_bytes(build_foldin_graph(PARAMETERS))
    (VECTORS / "foldin_small.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
