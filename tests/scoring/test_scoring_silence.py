from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["edgeagent.scoring.session", "edgeagent.scoring.resident"])
def test_the_runtime_leaves_no_identifier_behind(tmp_path: Path, module: str) -> None:
    # ONNX Runtime's wheels make one in the user's cache and report under it, unless told not to.
    environment = {name: text for name, text in os.environ.items() if "TELEMETRY" not in name}
    subprocess.run(
        [sys.executable, "-c", f"import {module}, onnxruntime"],
        check=True,
        env={**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    assert list(tmp_path.rglob("*")) == []
