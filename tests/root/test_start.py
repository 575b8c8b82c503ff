from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.start import INTERRUPTED_EXIT_CODE


@pytest.mark.parametrize("program", ["edgeagent", "model_export", "server_stub"])
@pytest.mark.parametrize("loading", ["click", "msgspec"])
def test_an_interrupt_while_a_program_is_loaded_is_one_line(
    tmp_path: Path, program: str, loading: str
) -> None:
    """Ctrl-C comes when ``loading``, which every program needs, is imported."""
    (tmp_path / f"{loading}.py").write_text("raise KeyboardInterrupt")
    ended = subprocess.run(
        [sys.executable, "-m", program, "--help"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == INTERRUPTED_EXIT_CODE
    assert ended.stderr == "interrupted; nothing is left half done\n"
