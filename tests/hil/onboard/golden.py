"""``python -m tests.hil.onboard.golden MODEL GOLDEN OUTPUTS``: what this processor makes of them.

Holds a model against its golden vectors within the stated tolerance, and writes every output into
the archive OUTPUTS, so that they can be compared with another machine's.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.features.golden import decode_golden
from edgeagent.scoring.golden import check_golden
from edgeagent.scoring.session import ModelInputs, ModelOutputs, OnnxModel

__all__ = ["main", "outputs_of"]


def outputs_of(model: OnnxModel, golden: bytes) -> dict[str, NDArray[np.generic]]:
    """Return every output of every golden case, by case and name."""
    found = {}
    for number, case in enumerate(decode_golden(golden)):
        outputs = model.run(ModelInputs(**case.inputs))  # type: ignore[arg-type]  # checked by run
        for name in ModelOutputs.__slots__:
            found[f"{number}.{name}"] = np.asarray(getattr(outputs, name))
    return found


def main() -> None:
    """Compute."""
    model, golden = OnnxModel(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]).read_bytes()
    check_golden(model, golden)
    found = outputs_of(model, golden)
    np.savez(sys.argv[3], **found)  # type: ignore[arg-type]  # named one by one
    answer = {"machine": platform.machine(), "outputs": len(found)}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
