"""ONNX Runtime sends usage data to its maker unless that is turned off, as it is on a box.

Its telemetry keeps files in the home, which are looked for here. No test lets it run: it sends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import edgeagent.scoring, onnxruntime
from tests.scoring.toy_model import toy_model
onnxruntime.InferenceSession(toy_model(), providers=["CPUExecutionProvider"])
"""


def test_a_model_runs_without_telemetry(tmp_path: Path) -> None:
    # Builds under test keep quiet by themselves: this one must not know that it is.
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=Path(__file__).parents[2],
        env=environment,
        check=True,
    )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
