"""Run a model's golden vectors: does it compute the same here as where it was exported?"""

from __future__ import annotations

from edgeagent.errors import ModelError, ModelRefused
from edgeagent.features.golden import decode_golden, first_miss
from edgeagent.scoring.protocol import OutOfMemory
from edgeagent.scoring.session import ModelInputs, ModelOutputs, OnnxModel

__all__ = ["check_golden"]


def check_golden(model: OnnxModel, data: bytes) -> None:
    """Compare a model with its golden vectors.

    Raises:
        ModelRefused: they are not golden vectors, or an output differs: another build of the
            runtime, a processor that rounds differently, or another model.

    """
    for number, case in enumerate(decode_golden(data)):
        try:
            outputs = model.run(ModelInputs(**case.inputs))  # type: ignore[arg-type]  # checked by run
        except OutOfMemory:
            raise
        except ModelError as error:
            raise _missed(number, str(error)) from error
        answers = {name: getattr(outputs, name) for name in ModelOutputs.__slots__}
        miss = first_miss(case, answers)
        if miss is not None:
            raise _missed(number, miss)


def _missed(number: int, why: str) -> ModelRefused:
    return ModelRefused(
        f"golden case {number}: {why}",
        hint="publish the model again with its own golden vectors; the present one stays in use",
    )
