"""Makes tests/vectors/linear_*: ``python -m tests.model_export.heads.make_linear_vectors``.

Head C for ports to other languages: a small model as ONNX, and for several inputs, in JSON, the
outputs that its formula gives in float64. A zero-length list is a tensor with an axis of 0.
"""

from __future__ import annotations

import json
from pathlib import Path

from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.linear_reference import linear_reference
from tests.model_export.heads.foldin_cases import Arrays
from tests.model_export.heads.linear_cases import linear_inputs, linear_parameters

VECTORS = Path(__file__).parents[2] / "vectors"
PARAMETERS = linear_parameters(dimension=6, segments=8)


def _cases() -> dict[str, Arrays]:
    long = linear_inputs(13, dimension=6, history=20, candidates=7, explained=3)
    long["history_weights"][4] = 0.0
    long["history_embeddings"][6] = long["history_embeddings"][5]
    long["candidate_embeddings"][:, 2] = 0
    padding = linear_inputs(14, dimension=6, history=2, candidates=3, explained=1)
    padding["history_weights"][:] = 0.0
    return {
        "no history": linear_inputs(11, dimension=6, history=0, candidates=5, explained=2),
        "one viewing": linear_inputs(12, dimension=6, history=1, candidates=5, explained=2),
        "a zero weight, a title twice, a zero row": long,
        "only padding": padding,
        "nothing to rank": linear_inputs(15, dimension=6, history=3, candidates=0, explained=0),
    }


def vectors() -> dict[str, object]:
    """Return what the JSON file holds."""
    parameters = {
        "decay_days": PARAMETERS.decay_days,
        "floor": PARAMETERS.floor,
        "centroids": PARAMETERS.centroids.tolist(),
        "temperature": PARAMETERS.temperature,
    }
    cases = [
        {
            "name": name,
            "inputs": {key: value.tolist() for key, value in inputs.items()},
            "outputs": {
                key: value.tolist() for key, value in linear_reference(PARAMETERS, inputs).items()
            },
        }
        for name, inputs in _cases().items()
    ]
    return {"contract": 1, "head": "linear", "rtol": 1e-4, "parameters": parameters, "cases": cases}


if __name__ == "__main__":
    (VECTORS / "linear_small.onnx").write_bytes(build_linear_graph(PARAMETERS))
    (VECTORS / "linear_small.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
