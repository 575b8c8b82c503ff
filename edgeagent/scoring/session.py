"""OnnxModel: a model of tensor contract 1, checked before it is run."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edgeagent.errors import ModelError, ModelRefused
from edgeagent.messages.fields import HeadName, SpaceId
from edgeagent.messages.manifest import MODEL_CAP_BYTES, ModelClaims
from edgeagent.scoring.graph_rules import Rules, require_plain_graph
from edgeagent.scoring.protobuf import FieldRefused, NotProtobuf
from edgeagent.scoring.protocol import ROLLBACK_HINT, OutOfMemory

__all__ = ["ModelFacts", "ModelInputs", "ModelOutputs", "OnnxModel"]

_FLOAT, _INT8 = "tensor(float)", "tensor(int8)"


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The model's ``metadata_props``; values are strings in the file."""

    contract: int
    head: HeadName
    space_id: SpaceId
    model_version: str
    d: int
    s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInputs:
    """Inputs of tensor contract 1; L, N and K may be 0.

    Rows of the history are ordered oldest first: head ``timescales`` depends on the order, the
    others on age alone.
    """

    history_embeddings: NDArray[np.float32]
    """[L, D]."""
    history_weights: NDArray[np.float32]
    """[L] in [0, 1]."""
    history_age_days: NDArray[np.float32]
    """[L] ≥ 0."""
    candidate_embeddings: NDArray[np.int8]
    """[D, N]."""
    candidate_scale: NDArray[np.float32]
    """[N] > 0."""
    candidate_bias: NDArray[np.float32]
    """[N]."""
    explain_embeddings: NDArray[np.float32]
    """[K, D]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutputs:
    """Outputs of tensor contract 1."""

    user_embedding: NDArray[np.float32]
    """[D]."""
    scores: NDArray[np.float32]
    """[N]."""
    segment_probabilities: NDArray[np.float32]
    """[S], sums to 1."""
    contributions: NDArray[np.float32]
    """[K, L], in units of the score."""


class OnnxModel:
    """One model in memory, run on a single thread to leave the box's other cores free."""

    def __init__(self, data: bytes, *, rules: Rules = require_plain_graph) -> None:
        """Load and check a model.

        The bytes are parsed and copied by ONNX Runtime. (Its option to use a model's bytes in place
        could read a freed buffer.)

        Args:
            data: the file.
            rules: what the file may contain; attack tests pass others.

        Raises:
            ModelRefused: the message names the check that failed.

        """
        if len(data) > MODEL_CAP_BYTES:
            raise _refused(f"{len(data)} bytes, at most {MODEL_CAP_BYTES} are accepted")
        _require_rules(data, rules)
        try:
            self._session = onnxruntime.InferenceSession(
                data, sess_options=_options(), providers=["CPUExecutionProvider"]
            )
            metadata = self._session.get_modelmeta().custom_metadata_map
        except Exception as error:  # onnxruntime's exceptions have no common base class
            _pass_on_shortage(error)
            raise _refused(f"ONNX Runtime does not load it: {type(error).__name__}") from error
        try:
            self.facts = msgspec.convert(metadata, ModelFacts, strict=False)
        except msgspec.ValidationError as error:
            raise _refused(f"metadata: {error}") from error
        self._check_contract()

    def run(self, inputs: ModelInputs) -> ModelOutputs:
        """Run the model.

        Raises:
            ModelError: it failed, or an output is not a number.

        """
        feed = {name: getattr(inputs, name) for name in ModelInputs.__slots__}
        try:
            answers = self._session.run(list(ModelOutputs.__slots__), feed)
        except Exception as error:  # onnxruntime's exceptions have no common base class
            _pass_on_shortage(error)
            raise ModelError(
                f"model {self.facts.model_version}: run failed: {type(error).__name__}",
                hint=ROLLBACK_HINT,
            ) from error
        outputs = ModelOutputs(**dict(zip(ModelOutputs.__slots__, answers, strict=True)))
        if not all(np.isfinite(answer).all() for answer in answers):
            raise ModelError(
                f"model {self.facts.model_version}: an output is not a number",
                hint=ROLLBACK_HINT,
            )
        return outputs

    def check_claims(self, claims: ModelClaims) -> None:
        """Compare the model's metadata with its manifest.

        Raises:
            ModelRefused: they differ; the message names the field.

        """
        facts = self.facts
        own = ModelClaims(
            head=facts.head, space_id=facts.space_id, dimension=facts.d, segments=facts.s
        )
        for field in ModelClaims.__struct_fields__:
            if getattr(own, field) != getattr(claims, field):
                raise ModelRefused(
                    f"{field}: the model says {getattr(own, field)}, "
                    f"its manifest says {getattr(claims, field)}",
                    hint="publish the model with its own manifest; the present one stays in use",
                )

    def _check_contract(self) -> None:
        facts = self.facts
        if facts.contract != 1:
            raise _refused(f"tensor contract {facts.contract}, this agent supports 1")
        inputs: dict[str, tuple[str, list[int | None]]] = {
            "history_embeddings": (_FLOAT, [None, facts.d]),
            "history_weights": (_FLOAT, [None]),
            "history_age_days": (_FLOAT, [None]),
            "candidate_embeddings": (_INT8, [facts.d, None]),
            "candidate_scale": (_FLOAT, [None]),
            "candidate_bias": (_FLOAT, [None]),
            "explain_embeddings": (_FLOAT, [None, facts.d]),
        }
        outputs: dict[str, tuple[str, list[int | None]]] = {
            "user_embedding": (_FLOAT, [facts.d]),
            "scores": (_FLOAT, [None]),
            "segment_probabilities": (_FLOAT, [facts.s]),
            "contributions": (_FLOAT, [None, None]),
        }
        for what, nodes, wanted in (
            ("input", self._session.get_inputs(), inputs),
            ("output", self._session.get_outputs(), outputs),
        ):
            found = {node.name: (node.type, [_fixed(n) for n in node.shape]) for node in nodes}
            if found != wanted:
                name = min(n for n in found | wanted if found.get(n) != wanted.get(n))
                raise _refused(
                    f"{what} {name} is {found.get(name, 'absent')}, "
                    f"the contract says {wanted.get(name, 'there is none')}"
                )


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised; nothing is printed
    options.enable_cpu_mem_arena = False  # return freed memory to the system
    # Exported graphs do not run faster with optimisations, and load five times slower.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return options


def _require_rules(data: bytes, rules: Rules) -> None:
    try:
        rules(data)
    except NotProtobuf as error:
        raise _refused(f"not an ONNX file: {error}") from error
    except FieldRefused as error:
        raise _refused(str(error)) from error


def _pass_on_shortage(error: Exception) -> None:
    """Raise OutOfMemory for a lack of memory, for which ONNX Runtime has no exception class."""
    if "alloc" in str(error).lower():  # "bad_alloc", "Failed to allocate memory"
        raise OutOfMemory(
            "the model exceeds the memory limit of scoring",
            hint=ROLLBACK_HINT,
        ) from None


def _fixed(size: int | str | None) -> int | None:
    """Return a dimension that is fixed; a dynamic one, named or not, is ``None``."""
    return size if isinstance(size, int) else None


def _refused(what: str) -> ModelRefused:
    return ModelRefused(
        f"Model: {what}", hint="publish it again; until then the present one stays in use"
    )
