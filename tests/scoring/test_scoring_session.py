from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from edgeagent.errors import ModelError, ModelRefused
from edgeagent.messages.manifest import MODEL_CAP_BYTES
from edgeagent.scoring.golden import check_golden
from edgeagent.scoring.protocol import OutOfMemory
from edgeagent.scoring.session import ModelInputs, OnnxModel
from tests.scoring.hostile_model import hostile_model
from tests.scoring.toy_model import FACTS, INPUTS, OUTPUTS, toy_golden, toy_model

EMPTY = ModelInputs(
    history_embeddings=np.zeros((0, 4), dtype=np.float32),
    history_weights=np.zeros(0, dtype=np.float32),
    history_age_days=np.zeros(0, dtype=np.float32),
    candidate_embeddings=np.zeros((4, 0), dtype=np.int8),
    candidate_scale=np.zeros(0, dtype=np.float32),
    candidate_bias=np.zeros(0, dtype=np.float32),
    explain_embeddings=np.zeros((0, 4), dtype=np.float32),
)


def test_a_good_model_states_its_facts_and_runs_on_nothing_at_all() -> None:
    model = OnnxModel(toy_model())
    assert (model.facts.head, model.facts.d, model.facts.s) == ("foldin", 4, 7)
    outputs = model.run(EMPTY)
    assert outputs.user_embedding.tolist() == [0.0] * 4
    assert outputs.scores.shape == (0,)
    assert outputs.contributions.shape == (0, 0)
    assert outputs.segment_probabilities.tolist() == pytest.approx([1 / 7] * 7)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "IR 0 with operator sets"),
        (b"\xff" * 40, "not an ONNX file: a number does not end"),
        (toy_model()[:200], "not an ONNX file: a field is longer than the file"),
        (toy_model(opset=18), r"operator sets \[\('', 18\)\]"),
        (toy_model(ir_version=9), "IR 9"),
        (toy_model(domain="com.example"), "com.example"),
        (toy_model(facts=FACTS | {"contract": "2"}), "tensor contract 2"),
        (toy_model(facts=FACTS | {"head": "oracle"}), "metadata: Invalid enum value 'oracle'"),
        (toy_model(facts=FACTS | {"space_id": "short"}), r"metadata: .*space_id"),
        (toy_model(facts=FACTS | {"d": "many"}), r"metadata: .*\$\.d"),
        (toy_model(facts={}), "metadata: Object missing required field"),
        (toy_model(facts=FACTS | {"d": "5"}), r"input candidate_embeddings"),
        (toy_model(facts=FACTS | {"s": "4"}), r"output segment_probabilities"),
        (toy_model(inputs=INPUTS | {"history_age_days": (1, ["L", 1])}), "history_age_days"),
        (toy_model(inputs=INPUTS | {"extra": (1, ["N"])}), "extra .*there is none"),
        (
            toy_model(outputs={k: v for k, v in OUTPUTS.items() if k != "contributions"}),
            "contributions is absent",
        ),
        (toy_model(outputs=OUTPUTS | {"scores": (6, ["N"])}), "ONNX Runtime does not load it"),
    ],
)
def test_a_bad_model_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason) as refused:
        OnnxModel(data)
    assert refused.value.hint


def test_a_file_too_large_for_a_model_is_not_even_parsed() -> None:
    with pytest.raises(ModelRefused, match=f"at most {MODEL_CAP_BYTES}"):
        OnnxModel(bytes(MODEL_CAP_BYTES + 1))


def test_an_answer_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ModelError, match="not a number"):
        OnnxModel(toy_model(factor=float("nan"))).run(EMPTY)


def test_a_model_that_asks_for_more_memory_than_there_is_is_told_from_one_that_fails() -> None:
    seen = replace(
        EMPTY,
        history_embeddings=np.eye(4, dtype=np.float32)[-1:],
        history_weights=np.ones(1, dtype=np.float32),
        history_age_days=np.zeros(1, dtype=np.float32),
    )
    for times, kind in ((1e17, OutOfMemory), (1.0, type(None))):
        model = OnnxModel(hostile_model("allocate", times=times), rules=lambda _: None)
        try:
            model.run(seen)
            raised: object = None
        except ModelError as error:
            raised = error
        assert type(raised) is kind


def test_a_lack_of_memory_in_a_golden_case_is_no_reason_to_refuse_the_model(
    tmp_path: Path,
) -> None:
    class Model:
        def run(self, inputs: ModelInputs) -> NoReturn:
            del inputs
            raise OutOfMemory("too much")

    golden = Path(toy_golden(tmp_path)).read_bytes()
    with pytest.raises(OutOfMemory):
        check_golden(Model(), golden)  # type: ignore[arg-type]  # it is not asked for more


def test_inputs_that_do_not_fit_are_an_error_not_a_crash() -> None:
    wrong = replace(EMPTY, history_weights=np.zeros(3, dtype=np.float32))
    with pytest.raises(ModelError, match="run failed"):
        OnnxModel(toy_model()).run(
            replace(wrong, history_embeddings=np.zeros((2, 4), dtype=np.float32))
        )
