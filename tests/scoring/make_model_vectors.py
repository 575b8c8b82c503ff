"""Write tests/vectors/model_*: models a box takes, and models it refuses, each with its reason.

    PYTHONPATH=. python tests/scoring/make_model_vectors.py

All are variations of the toy model (tests/scoring/toy_model.py) with its catalogue and its golden
vectors; a port to another language must refuse the same ones.
"""

from __future__ import annotations

import json
from pathlib import Path

from onnx import TensorProto

from tests.scoring.toy_model import FACTS, INPUTS, OUTPUTS, D, toy_catalogue, toy_golden, toy_model

VECTORS = Path(__file__).parents[1] / "vectors"
_GRAPH_FIELD = b"\x3a"  # ModelProto.graph: field 7, length-delimited
_TEN_GIGABYTES = bytes((0x80, 0x80, 0x80, 0x80, 0x28))  # 10 * 2^30 as a varint


def bad_models() -> dict[str, tuple[bytes, str]]:
    """Return the bytes of each bad model and a part of the reason it is refused for."""
    good = toy_model()
    without_age = {name: spec for name, spec in INPUTS.items() if name != "history_age_days"}
    return {
        "space": (
            toy_model(facts=FACTS | {"space_id": "f" * 16}),
            "model of space ffffffffffffffff, catalogue of space 0123456789abcdef",
        ),
        "opset": (toy_model(opset=18), "this agent runs IR 8 with opset 17 alone"),
        "ir_version": (toy_model(ir_version=9), "this agent runs IR 8 with opset 17 alone"),
        "domain": (toy_model(domain="com.example"), "this agent runs IR 8 with opset 17 alone"),
        "shape": (
            toy_model(inputs=INPUTS | {"explain_embeddings": (TensorProto.FLOAT, ["K", "E"])}),
            "input explain_embeddings is",
        ),
        "dtype": (
            toy_model(inputs=INPUTS | {"candidate_embeddings": (TensorProto.UINT8, [D, "N"])}),
            "input candidate_embeddings is",
        ),
        "input": (toy_model(inputs=without_age), "input history_age_days is absent"),
        "output": (
            toy_model(outputs={k: v for k, v in OUTPUTS.items() if k != "contributions"}),
            "output contributions is absent",
        ),
        "dimensions": (toy_model(facts=FACTS | {"d": "5"}), "the contract says"),
        "head": (
            toy_model(facts=FACTS | {"head": "timescales"}),
            "head: the model says timescales, its manifest says foldin",
        ),
        "segments": (
            toy_model(
                facts=FACTS | {"s": "6"},
                outputs=OUTPUTS | {"segment_probabilities": (TensorProto.FLOAT, [6])},
            ),
            "segments: the model says 6, its manifest says 7",
        ),
        "contract": (toy_model(facts=FACTS | {"contract": "2"}), "tensor contract 2"),
        "metadata": (toy_model(facts={}), "metadata"),
        "nan_weights": (toy_model(factor=float("nan")), "an output is not a number"),
        "golden": (toy_model(factor=1.001), "golden case 0"),
        "ten_gigabytes": (
            good[:2] + _GRAPH_FIELD + _TEN_GIGABYTES + good[2:],
            "a field is longer than the file",
        ),
        "truncated": (good[:-20], "not an ONNX file"),
        "text": (b"<html>503 Service Unavailable</html>", "not an ONNX file"),
    }


def main() -> None:
    """Write the vectors."""
    VECTORS.joinpath("model_good.onnx").write_bytes(toy_model())
    VECTORS.joinpath("model_good.catalogue").write_bytes(toy_catalogue())
    Path(toy_golden(VECTORS)).rename(VECTORS / "model_good.golden.npz")
    reasons = {}
    for name, (data, reason) in bad_models().items():
        VECTORS.joinpath(f"model_bad_{name}.onnx").write_bytes(data)
        reasons[f"model_bad_{name}.onnx"] = reason
    text = json.dumps({"about": _ABOUT, "bad": reasons}, indent=1, sort_keys=True)
    VECTORS.joinpath("model_bad.json").write_text(text + "\n", encoding="utf-8")


_ABOUT = (
    "Each bad model, published with model_good.catalogue and model_good.golden.npz as head "
    "foldin of space 0123456789abcdef, 4 dimensions and 7 segments, is refused; the reason given "
    "holds this text. model_good.onnx is accepted."
)

if __name__ == "__main__":
    main()
